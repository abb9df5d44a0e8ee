//! The schemas in `docs/`, and as much of JSON Schema as they use.

use serde_json::Value;

/// Panics where a report is not as its schema says.
pub fn require_valid(report: &Value) {
    require_valid_as("report.schema.json", report);
}

/// Panics where a value is not as a schema says.
pub fn require_valid_as(name: &str, value: &Value) {
    let schema = std::fs::read_to_string(format!("{}/docs/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    if let Err(problem) = check(&schema, &schema, value, name) {
        panic!("{problem}");
    }
}

fn check(root: &Value, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
    let wrong = |what: String| Err(format!("{place}: {what}: {value}"));
    for (word, rule) in schema.as_object().unwrap() {
        let holds = match word.as_str() {
            "$schema" | "$defs" | "title" | "description" => true,
            "$ref" => {
                let name = rule.as_str().unwrap().strip_prefix("#/").unwrap().replace('/', "\n");
                let target = name.split('\n').fold(root, |at, name| &at[name]);
                check(root, target, value, place)?;
                true
            }
            "type" => {
                let is_of = |name: &Value| match name.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "boolean" => value.is_boolean(),
                    "integer" => value.is_u64() || value.is_i64(),
                    "number" => value.is_number(),
                    "null" => value.is_null(),
                    name => panic!("a type {name}"),
                };
                rule.as_array().map_or_else(|| is_of(rule), |names| names.iter().any(is_of))
            }
            "const" => value == rule,
            "enum" => rule.as_array().unwrap().contains(value),
            "minimum" => value.as_f64().is_none_or(|value| value >= rule.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|value| value <= rule.as_f64().unwrap()),
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= rule.as_u64().unwrap()),
            "oneOf" => {
                let fits = |schema: &&Value| check(root, schema, value, place).is_ok();
                rule.as_array().unwrap().iter().filter(fits).count() == 1
            }
            "items" => {
                for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, rule, item, &format!("{place}[{at}]"))?;
                }
                true
            }
            "required" => {
                let is_there = |name: &Value| value.get(name.as_str().unwrap()).is_some();
                value.is_object() && rule.as_array().unwrap().iter().all(is_there)
            }
            "properties" => {
                for (name, rule) in rule.as_object().unwrap() {
                    value.get(name).map_or(Ok(()), |value| check(root, rule, value, &format!("{place}.{name}")))?;
                }
                true
            }
            "additionalProperties" => {
                let known = &schema["properties"];
                let mut others =
                    value.as_object().into_iter().flatten().filter(|(name, _)| known.get(name.as_str()).is_none());
                match rule {
                    Value::Bool(false) => others.next().is_none(),
                    rule => {
                        others.try_for_each(|(name, value)| check(root, rule, value, &format!("{place}.{name}")))?;
                        true
                    }
                }
            }
            word => panic!("the schema uses {word}, which this test does not know"),
        };
        if !holds {
            return wrong(format!("not as {word} {rule} says"));
        }
    }
    Ok(())
}

#[test]
fn what_is_not_as_the_schema_says_is_noticed() {
    let session = super::session::Session::new();
    session.holds("verify --seed 5 --cases 1 --commands 5 --report out.json");
    let good: Value = serde_json::from_str(&session.read("out.json")).unwrap();
    require_valid(&good);
    let schema: Value =
        serde_json::from_str(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/report.schema.json"))).unwrap();
    for (pointer, value) in [
        ("/seed", Value::from("5")),
        ("/format_version", Value::from(1)),
        ("/budget", serde_json::json!({"cases": 1, "case": 1})),
        ("/shards", serde_json::json!([])),
        ("/shards/0/ended", Value::from("so so")),
        ("/profiles/default", Value::from(1)),
        ("/timings", serde_json::json!({"seconds": 1.0})),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        assert!(check(&schema, &schema, &bad, "report").is_err(), "{pointer}");
    }
    let mut bad = good;
    bad["extra"] = Value::from(1);
    assert!(check(&schema, &schema, &bad, "report").is_err());
}
