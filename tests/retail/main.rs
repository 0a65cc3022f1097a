//! Real invoices of a wholesaler: one file without a key, in which rows repeat; the star answers as the file does.
//! It must not know how rows are read.

use dwc_runner::Mode;
use dwc_tests::answers;
use dwc_tests::project::{repository, shared_data};
use dwc_tests::questions::Questions;
use dwc_tests::warehouse::{Warehouse, counts};

#[test]
fn the_star_answers_as_the_file_does() {
    let file = shared_data().map(|folder| folder.join("online_retail.parquet")).filter(|file| file.is_file());
    let Some(file) = file else {
        eprintln!("left out: the retail star, since online_retail.parquet is not in the folder of shared data");
        return;
    };
    let folder = repository().join("tests/warehouses/retail");
    let text = std::fs::read_to_string(folder.join("questions.sql")).expect("the questions are read");
    let place = file.display().to_string();
    let warehouse = Warehouse::apply_with(&folder, &|text| text.replace("data/online_retail.parquet", &place));
    let report = warehouse.run(Mode::Incremental);
    assert_eq!(counts(&report, "wholesale.invoice_lines").inserted, 240_007);
    let questions = Questions::read(&text.replace("@root/data/online_retail.parquet", &place), "");
    warehouse.execute(&questions.setup);
    questions.compare(&|sql| warehouse.rows(sql), &|sql| warehouse.rows(sql));
    let raw = std::fs::read_to_string(folder.join("raw.sql")).expect("the raw rows");
    warehouse.execute(&raw.replace("@root/data/online_retail.parquet", &place));
    let asked = answers::compare(&warehouse);
    assert!(asked > 100, "{asked} answers");
    assert_eq!(warehouse.audit(), [""; 0]);
}
