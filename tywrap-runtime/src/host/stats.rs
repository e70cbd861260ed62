//! What a host is doing at a moment.

/// Counts of what a host has at one moment. What grows and does not shrink again is a leak, most likely objects that nobody disposes of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostStats {
    /// Connections.
    pub clients: usize,
    /// Python workers that are not being ended.
    pub workers: usize,
    /// Calls that a worker has been sent and has not answered.
    pub running: usize,
    /// Calls that wait for a worker.
    pub waiting: usize,
    /// Python objects that clients and callers of [`Host::call`](super::Host::call) hold.
    pub objects: usize,
    /// Functions of clients that Python holds.
    pub functions: usize,
}
