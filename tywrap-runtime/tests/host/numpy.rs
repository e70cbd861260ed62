//! Arrays against a real numpy, where the test machine has one or can make a virtual environment that does.
