use super::*;
#[test]
fn timing() {
    let mut t = String::from(
        "import { describe } from \"./tywrap-client.js\";\nimport type { ArrayLike, NDArray } from \"./tywrap-client.js\";\nconst $module = describe(\"numpy\", \"aa\", []);\n",
    );
    let mut meant = vec![
        Meant::Str("./tywrap-client.js".into()),
        Meant::Str("./tywrap-client.js".into()),
        Meant::Str("numpy".into()),
        Meant::Str("aa".into()),
    ];
    for i in 0..600 {
        for k in 0..6 {
            t.push_str(&format!("/**\n * Compute the arithmetic mean along the specified axis, overload {k}.\n *\n * Returns the average of the array elements.\n */\nexport function mean{i}<T extends ArrayLike>(a: T, axis?: number | readonly number[] | null, dtype?: \"float64\" | \"int64\" | null, ...rest: [out?: NDArray<T>, keepdims?: boolean, where?: (a: NDArray<T>) => boolean]): Promise<NDArray<T> | number>;\n"));
            meant.push(Meant::Str("float64".into()));
            meant.push(Meant::Str("int64".into()));
        }
        t.push_str(&format!(
            "export function mean{i}(...args: unknown[]): Promise<never> {{ return $module.call({i}, args); }}\n"
        ));
        meant.push(Meant::Num(i.to_string()));
    }
    let start = std::time::Instant::now();
    let c = text::scan(&t, Mode::Ts).unwrap();
    eprintln!("scan {} bytes, {} comments {:?}", t.len(), c.len(), start.elapsed());
    let allocator = Allocator::default();
    let start = std::time::Instant::now();
    let p = Parser::new(&allocator, &t, SourceType::ts()).parse();
    eprintln!("parse {:?} {}", start.elapsed(), p.program.body.len());
    let start = std::time::Instant::now();
    check(&t, Mode::Ts, &meant).unwrap();
    eprintln!("check {:?}", start.elapsed());
}
