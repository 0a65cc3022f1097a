//! Tests that do not fit the models: every problem of a file is said at once, with its line, by `dwc check` too.

use super::shop;

#[test]
fn every_problem_of_a_file_is_said_with_its_line() {
    let project = shop(
        "tests:
  one:
    given:
      - shop.customer: [{ customer_id: 1 }]
      - shop.customers:
          - { customer_id: one, city: Seoul, updated_at: 2026-13-01 }
          - { customer: 1 }
    expect:
      custmer: [{ city: Seoul }]
      customer: [{ citty: Seoul, valid_from: yesterday }]
      sale: [{ customer.town: Seoul }]
      diagnostics: [DW9999]
      answers: [{ measures: [amout], rows: [] }]
  two:
    given: [{ at: noon, shop.sales: [] }]
    expect: {}
",
    );
    for command in [&["check", "--format", "concise"][..], &["test", "--format", "concise"]] {
        let run = project.dwc(command);
        assert_eq!(run.code, Some(1));
        let said = format!("{}{}", run.stdout, run.stderr);
        for problem in [
            "models/tests/shop.yml:4:9: error[DW0604]: no source has a table `shop.customer`",
            "models/tests/shop.yml:6:28: error[DW0118]: `customer_id` is not an INT64: one",
            "models/tests/shop.yml:6:58: error[DW0118]: `updated_at` is not a TIMESTAMP: 2026-13-01",
            "models/tests/shop.yml:7:15: error[DW0602]: table `shop.customers` has no column `customer`",
            "models/tests/shop.yml:9:7: error[DW0201]: there is no model `custmer`",
            "models/tests/shop.yml:10:20: error[DW0602]: `customer` has no column `citty`",
            "models/tests/shop.yml:10:46: error[DW0118]: `valid_from` is not a TIMESTAMP: yesterday",
            "models/tests/shop.yml:11:16: error[DW0602]: `sale` has no column `customer.town`",
            "models/tests/shop.yml:12:21: error[DW0201]: there is no diagnostic `DW9999`",
            "models/tests/shop.yml:13:19: error[DW0118]: ",
            "models/tests/shop.yml:15:19: error[DW0118]: `noon` is not a time",
            "models/tests/shop.yml:14:3: error[DW0119]: test `two` expects nothing",
        ] {
            assert!(said.contains(problem), "no `{problem}` in:\n{said}");
        }
    }
}

#[test]
fn what_is_not_of_the_shape_of_a_test_is_said() {
    let project =
        shop("tests:\n  one:\n    given: [{ shop.sales: { sale_id: 1 } }]\n    expects: []\n    expect: null\n");
    let run = project.dwc(&["check", "--format", "concise"]);
    assert_eq!(run.code, Some(1));
    let said = format!("{}{}", run.stdout, run.stderr);
    for problem in [
        "shop.yml:3:27: error[DW0103]: `shop.sales` is a list",
        "shop.yml:4:5: error[DW0101]: there is no key `expects` here",
    ] {
        assert!(said.contains(problem), "no `{problem}` in:\n{said}");
    }
    let null = shop("tests:\n  one:\n    given: [{ shop.sales: [] }]\n    expect: null\n");
    let run = null.dwc(&["check", "--format", "concise"]);
    assert_eq!(run.code, Some(1), "{}", run.stdout);
    assert!(
        format!("{}{}", run.stdout, run.stderr).contains("error[DW0105]: `expect` has no value"),
        "{}{}",
        run.stdout,
        run.stderr
    );
}

#[test]
fn two_tests_with_one_name_are_a_problem() {
    let test = "tests:\n  one:\n    given: [{ shop.sales: [] }]\n    expect: { sale: [] }\n";
    let project = shop(test);
    project.write("models/tests/again.yml", test);
    let run = project.dwc(&["check", "--format", "concise"]);
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(said.contains("models/tests/shop.yml:2:3: error[DW0202]: two tests have the name `one`"), "{said}");
}

#[test]
fn one_test_without_a_list_is_told_how_tests_are_written() {
    let run = shop("test: one\ngiven: [{ shop.sales: [] }]\nexpect: { sale: [] }\n").dwc(&["check"]);
    assert!(run.stderr.contains("DW0004") && run.stderr.contains("write `tests:`"), "{}", run.stderr);
}
