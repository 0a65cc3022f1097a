//! The steps of a pipeline, run as a pipeline runs them. The hosts are not here: a server on this machine answers as their
//! interfaces do, and keeps what it was told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::sync::{Arc, Mutex};

use dwc_tests::project::{Project, dwc_binary, repository};

use crate::{edit, loaded, nothing_to_change};

/// Runs a step; its exit code and what it says.
fn step(project: &Project, variables: &[(&str, &str)], arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(repository().join("integrations/dwc-ci"));
    command.args(arguments).current_dir(project.path()).env("DWC_BINARY", dwc_binary());
    for name in ["GITHUB_TOKEN", "GITLAB_TOKEN", "DWC_LABELS"] {
        command.env_remove(name);
    }
    let output = command.envs(variables.iter().copied()).output().expect("bash, jq and curl are installed");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Requests as first line and body.
type Requests = Arc<Mutex<Vec<(String, String)>>>;

/// A server that lists the comments it holds, and keeps each request as method, path and body.
fn host() -> (String, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let told = Requests::default();
    let kept = told.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a request");
            let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
            let (mut first, mut length) = (String::new(), 0);
            reader.read_line(&mut first).expect("a line");
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).expect("a header");
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().expect("a length");
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).expect("a body");
            let body = String::from_utf8(body).expect("a text");
            let mut kept = kept.lock().expect("not poisoned");
            let posted = kept.iter().rev().find(|(request, _)| !request.starts_with("GET"));
            let answer = match posted.filter(|_| first.starts_with("GET")) {
                Some((_, comment)) => {
                    let comment: serde_json::Value = serde_json::from_str(comment).expect("JSON");
                    serde_json::json!([{ "id": 1, "body": "another" }, { "id": 7, "body": comment["body"] }])
                        .to_string()
                }
                None => "[]".to_owned(),
            };
            kept.push((first.trim().trim_end_matches(" HTTP/1.1").to_owned(), body));
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", answer.len());
            stream.write_all(format!("{head}{answer}").as_bytes()).expect("an answer");
        }
    });
    (address, told)
}

#[test]
fn planned_labelled_and_applied() {
    let project = loaded();
    edit(&project, "models/customer.yml", "  grade: { scd: 1 }\n", "");
    let (code, said) = step(&project, &[], &["plan"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("data would be lost: customer"), "{said}");
    assert!(project.read("dwc-plan.md").contains("lose data"));
    let (code, said) = step(&project, &[("DWC_LABELS", "bug,allow-destructive")], &["plan"]);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = step(&project, &[], &["apply"]);
    assert_eq!(code, Some(0), "{said}");
    nothing_to_change(&project);
    let (code, said) = step(&project, &[], &["apply"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("DW0715"), "{said}");
    assert_eq!(step(&project, &[], &["plan"]).0, Some(0), "nothing is lost any more");
    assert_eq!(step(&project, &[], &["nonsense"]).0, Some(1));
}

#[test]
fn one_comment_is_posted_and_then_updated() {
    let project = loaded();
    edit(&project, "models/customer.yml", "grade: { scd: 1 }", "grade: { scd: 2 }");
    assert_eq!(step(&project, &[], &["plan"]).0, Some(0));
    let requests = |told: &Arc<Mutex<Vec<(String, String)>>>| -> Vec<String> {
        told.lock().expect("not poisoned").iter().map(|(request, _)| request.clone()).collect()
    };
    let (address, told) = host();
    let github =
        [("GITHUB_TOKEN", "t"), ("GITHUB_API_URL", &address), ("GITHUB_REPOSITORY", "o/r"), ("DWC_CHANGE", "12")];
    for _ in 0..2 {
        let (code, said) = step(&project, &github, &["comment"]);
        assert_eq!(code, Some(0), "{said}");
    }
    let list = "GET /repos/o/r/issues/12/comments?per_page=100";
    assert_eq!(
        requests(&told),
        [list, "POST /repos/o/r/issues/12/comments", list, "PATCH /repos/o/r/issues/comments/7"]
    );
    let body = told.lock().expect("not poisoned")[3].1.clone();
    let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(body["body"], project.read("dwc-plan.md"));
    let (address, told) = host();
    let api = format!("{address}/api/v4");
    let gitlab =
        [("GITLAB_TOKEN", "t"), ("CI_API_V4_URL", &api), ("CI_PROJECT_ID", "3"), ("CI_MERGE_REQUEST_IID", "4")];
    for _ in 0..2 {
        let (code, said) = step(&project, &gitlab, &["comment"]);
        assert_eq!(code, Some(0), "{said}");
    }
    let notes = "/api/v4/projects/3/merge_requests/4/notes";
    let list = format!("GET {notes}?per_page=100");
    assert_eq!(requests(&told), [list.clone(), format!("POST {notes}"), list, format!("PUT {notes}/7")]);
}

#[test]
fn the_files_are_yaml_and_name_what_is_there() {
    let read =
        |path: &str| std::fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    for path in
        ["integrations/github/action.yml", "integrations/github/workflow.yml", "integrations/gitlab/dwc.gitlab-ci.yml"]
    {
        let text = read(path);
        assert!(text.contains("dwc-ci") || text.contains("./integrations/github"), "{path}");
        let parsed = Command::new("python3")
            .args(["-c", "import sys, yaml; yaml.safe_load(open(sys.argv[1]))"])
            .arg(repository().join(path))
            .output()
            .expect("python3");
        let said = String::from_utf8_lossy(&parsed.stderr).into_owned();
        assert!(parsed.status.success(), "{path}: {said}");
    }
    for entry in ["entry: dwc check", "entry: dwc fmt"] {
        assert!(read(".pre-commit-hooks.yaml").contains(entry), "{entry}");
    }
}
