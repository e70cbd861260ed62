//! Emits the TypeScript package for the annotations in `src/`.

fn main() {
    tywrap_build::build();
}
