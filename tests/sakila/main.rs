//! The Sakila rental database: loaded from MariaDB into a star, which answers as the database itself does.
//! It must not know how rows are read.

use std::path::Path;
use std::process::Command;

use dwc_runner::Mode;
use dwc_tests::answers;
use dwc_tests::mariadb::MariaDb;
use dwc_tests::project::{Project, repository, shared_data};
use dwc_tests::questions::Questions;
use dwc_tests::warehouse::{Warehouse, counts};

/// Starts a server with the database, or says what is left out without it.
fn sakila() -> Option<MariaDb> {
    let dump = shared_data().map(|folder| folder.join("sakila_oltp_mysql.sql.gz")).filter(|file| file.is_file());
    let Some(dump) = dump else {
        eprintln!("left out: the Sakila star, since sakila_oltp_mysql.sql.gz is not in the folder of shared data");
        return None;
    };
    let server = MariaDb::start();
    server.execute("CREATE DATABASE sakila");
    let plain = server.folder().join("sakila.sql");
    unpack(&dump, &plain);
    server.load_sql("sakila", &plain);
    Some(server)
}

fn unpack(packed: &Path, plain: &Path) {
    let output = Command::new("gzip").arg("-dc").arg(packed).output().expect("gzip starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::write(plain, output.stdout).expect("the dump is written");
}

#[test]
fn the_star_answers_as_the_database_does() {
    let Some(server) = sakila() else { return };
    let folder = repository().join("tests/warehouses/sakila");
    let url = server.url("sakila");
    let warehouse = Warehouse::apply_with(&folder, &|text| text.replace("{{ env('SAKILA_URL') }}", &url));
    let text = std::fs::read_to_string(folder.join("questions.sql")).expect("the questions are read");
    let questions = Questions::read(&text, "");
    let raw = |sql: &str| server.query(&format!("USE sakila; {sql}"));

    let report = warehouse.run(Mode::Incremental);
    assert_eq!(counts(&report, "sakila.rental").inserted, 16_044);
    assert_eq!(counts(&report, "sakila.payment").inserted, 16_049);
    questions.compare(&|sql| warehouse.rows(sql), &raw);
    copy(&server, &warehouse);
    warehouse.execute(&std::fs::read_to_string(folder.join("raw.sql")).expect("the raw rows"));
    let asked = answers::compare(&warehouse);
    assert!(asked > 200, "{asked} answers");
    assert_eq!(warehouse.audit(), [""; 0]);

    // Copies come back, a customer moves, a film is filed anew, rentals and payments go on.
    server.execute(
        "USE sakila;
         UPDATE rental SET return_date = '2006-02-20 10:00:00', last_update = NOW() WHERE return_date IS NULL AND rental_id % 2 = 0;
         UPDATE customer SET address_id = 10, last_update = NOW() WHERE customer_id = 1;
         INSERT INTO rental (rental_date, inventory_id, customer_id, return_date, staff_id)
           SELECT '2006-02-21 09:00:00', inventory_id, customer_id, NULL, 1 FROM rental ORDER BY rental_id LIMIT 5;
         INSERT INTO payment (customer_id, staff_id, rental_id, amount, payment_date) VALUES (2, 1, NULL, 4.99, '2006-03-01 10:00:00');",
    );
    let report = warehouse.run(Mode::Incremental);
    assert_eq!(counts(&report, "sakila.rental").inserted, 5);
    questions_after_a_move(&questions).compare(&|sql| warehouse.rows(sql), &raw);
    assert_eq!(warehouse.audit(), [""; 0]);

    let report = warehouse.run(Mode::Full);
    assert_eq!(counts(&report, "sakila.rental").inserted + counts(&report, "sakila.rental").updated, 0);
    questions_after_a_move(&questions).compare(&|sql| warehouse.rows(sql), &raw);
}

/// The rows of every table of the database, as the server prints them, beside the star.
fn copy(server: &MariaDb, warehouse: &Warehouse) {
    warehouse.execute("CREATE SCHEMA db");
    let columns = server.query(
        "SELECT table_name, GROUP_CONCAT(column_name ORDER BY ordinal_position) FROM information_schema.columns
         JOIN information_schema.tables USING (table_schema, table_name)
         WHERE table_schema = 'sakila' AND table_type = 'BASE TABLE' AND data_type NOT IN ('blob', 'geometry') GROUP BY 1",
    );
    for table in columns {
        let [name, columns] = table.as_slice() else { panic!("{table:?}") };
        let file = server.folder().join(format!("{name}.tsv"));
        let rows = server.query(&format!("SELECT {columns} FROM sakila.{name}"));
        let lines: Vec<String> = rows.into_iter().map(|row| row.join("\t")).collect();
        std::fs::write(&file, format!("{}\n{}\n", columns.replace(',', "\t"), lines.join("\n")))
            .expect("a file is written");
        warehouse.execute(&format!(
            "CREATE TABLE db.{name} AS SELECT * FROM read_csv('{}', delim = '\t', header = true, nullstr = 'NULL', quote = '')",
            file.display()
        ));
    }
}

/// Without the one by country of the customer: the star keeps where a customer lived at the time, the database does not.
fn questions_after_a_move(questions: &Questions) -> Questions {
    let mut kept = Questions { setup: questions.setup.clone(), all: Vec::new() };
    kept.all = questions.all.iter().filter(|question| !question.name.contains("country")).cloned().collect();
    kept
}

#[test]
fn import_proposes_every_table() {
    let Some(server) = sakila() else { return };
    let project = Project::new(
        "#- dwc.yml\nname: rentals\ntimezone: UTC\ntargets: { dev: { type: duckdb, path: target/w.duckdb } }\n",
    );
    let address = server.url("sakila");
    let variables = [("SAKILA_URL", address.as_str())];
    let run = project.dwc_with(
        &variables,
        &["import", "mysql", "--name", "sakila", "--url-env", "SAKILA_URL", "--out", "models/sakila.yml"],
    );
    assert_eq!(run.code, Some(0), "{run:?}");
    let text = project.read("models/sakila.yml");
    let tables = server.query(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'sakila' AND table_type = 'BASE TABLE'",
    );
    for table in &tables {
        assert!(text.contains(&format!("\n  {}:\n", table[0])), "{table:?}\n{text}");
    }
    assert!(text.contains("      title: { type: STRING, collation: \"und:ci\" }"), "{text}");
    assert!(text.matches("    cursor: last_update\n").count() >= tables.len() - 1, "{text}");
    assert_eq!(project.dwc(&["check"]).code, Some(0));
    assert_eq!(project.dwc(&["apply", "--auto-approve"]).code, Some(0));
    let run = project.dwc_with(&variables, &["run", "--format", "json"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.contains("\"inserted\": 16044"), "{run:?}");
}
