//! The JSON schema of the report against real reports: everything that is written is in it, with its type
//! and its names.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn printed(arguments: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pptp-diag"));
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Checks the part of JSON Schema that the schema uses; beyond it, no property may be unknown.
fn check(schema: &Value, value: &Value, root: &Value, at: &str, bad: &mut Vec<String>) {
    let schema = match schema.get("$ref").and_then(Value::as_str) {
        Some(name) => root.pointer(name.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    if let Some(either) = schema.get("anyOf") {
        let fits = |s: &&Value| {
            let mut bad = Vec::new();
            check(s, value, root, at, &mut bad);
            bad.is_empty()
        };
        if !either.as_array().unwrap().iter().any(|s| fits(&s)) {
            bad.push(format!("{at}: none of anyOf"));
        }
        return;
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_u64() || n.is_i64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(all) => all.iter().map(|t| t.as_str().unwrap()).collect(),
        other => panic!("{at}: type {other}"),
    };
    let fits = types.contains(&kind) || (kind == "integer" && types.contains(&"number"));
    if !fits {
        bad.push(format!("{at}: {kind}, not {types:?}"));
    }
    if schema.get("enum").is_some_and(|all| !all.as_array().unwrap().contains(value)) {
        bad.push(format!("{at}: {value} is no known name"));
    }
    if let Value::Array(all) = value {
        for one in all {
            check(&schema["items"], one, root, &format!("{at}[]"), bad);
        }
    }
    if let Value::Object(fields) = value {
        for (name, field) in fields {
            match schema["properties"].get(name) {
                Some(s) => check(s, field, root, &format!("{at}.{name}"), bad),
                None => bad.push(format!("{at}.{name}: not in the schema")),
            }
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            if !fields.contains_key(name.as_str().unwrap()) {
                bad.push(format!("{at}.{name}: required, not there"));
            }
        }
    }
}

#[test]
fn real_reports_fit_the_schema() {
    let schema = printed(&["schema"]);
    assert_eq!(schema["title"], "View");
    let mut bad = Vec::new();
    let mut seen = 0;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|x| x == "pcap") {
            let name = path.to_str().unwrap();
            let report = printed(&["-f", "json", "-v", "--rules", "samples/rules", name]);
            check(&schema, &report, &schema, name, &mut bad);
            seen += 1;
        }
    }
    let (client, server) = ("samples/recorded-race.pcap", "samples/recorded-race-server.pcap");
    let both = printed(&["-f", "json", client, server]);
    assert!(both["conversations"][0]["views"].is_array());
    check(&schema, &both, &schema, "both", &mut bad);
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    assert!(seen > 10);
}

#[test]
fn what_does_not_fit_is_found() {
    let schema = printed(&["schema"]);
    let mut report = printed(&["-f", "json", "samples/recorded-healthy.pcap"]);
    let conversation = &mut report["conversations"][0];
    conversation["outcome"] = "perfect".into();
    conversation["more"] = 1.into();
    conversation.as_object_mut().unwrap().remove("duration");
    let mut bad = Vec::new();
    check(&schema, &report, &schema, "", &mut bad);
    assert_eq!(bad.len(), 3, "{bad:?}");
}
