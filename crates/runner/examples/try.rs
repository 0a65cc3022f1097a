use dwc_runner::*;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let folder = std::path::Path::new(&args[1]);
    let files = project::read(folder).unwrap();
    let checked = dwc_compiler::check(&files);
    for d in &checked.diagnostics { println!("{}  help: {:?}", d.concise(&files), d.help); }
    let Some(project) = checked.project else { std::process::exit(1) };
    if args.len() < 3 { return }
    if args[2] == "sql" {
        for e in [dwc_compiler::model::TargetType::Duckdb, dwc_compiler::model::TargetType::Bigquery] {
        let plan = match dwc_compiler::sql::load_plan(&project, e, "dw") { Ok(p) => p, Err(p) => { for d in p { println!("{}", d.concise(&files)) } continue } };
        for m in &plan.models { if args.len()>3 && args[3]!=m.name {continue} println!("==== {} whole={:?}", m.name, m.whole); for s in m.incremental.as_ref().unwrap_or(&m.full) { println!("{};\n", s.sql); } }
        }
        return;
    }
    let w = DuckDbWarehouse::open(&args[2]).unwrap();
    match apply(&w, &project, "2026-03-01 00:00:00", &[]) { Ok(r) => println!("{r:?}"), Err(e) => { println!("{e} {:?} {:?}", e.help, e.cause); return } }
    let until = args.get(3).filter(|a| a.len() > 4).map(|t| chrono::NaiveDateTime::parse_from_str(t, "%Y-%m-%dT%H:%M:%S").unwrap());
    let mode = if args.iter().any(|a| a == "full") { Mode::Full } else { Mode::Incremental };
    let o = RunOptions { mode, at: chrono::NaiveDateTime::parse_from_str("2026-04-01T00:00:00", "%Y-%m-%dT%H:%M:%S").unwrap(), until, select: vec![] };
    let t = std::time::Instant::now();
    match run(&w, &project, folder, &o, &mut |s| eprintln!("{s}")) {
        Ok((r, off)) => { for s in r.sources { println!("{} batch {}", s.source, s.batch); for t in s.tables { println!("   {t:?}") } } for m in r.models { println!("{m:?}") } for o in off { println!("{o:?}") } }
        Err(e) => println!("{e} {:?} {:?}", e.help, e.cause),
    }
    println!("{:?}", t.elapsed());
    for o in audit(&w, &project).unwrap() { println!("AUDIT {o:?}") }
}
