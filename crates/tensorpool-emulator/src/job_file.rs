//! `JobFile`: the `.tp.toml` text of a push, checked as a server would (contract §3.8).

use toml::{Table, Value};

/// The largest text that is read, bytes. A guess: nobody knows the real engine's limit.
const LARGEST: usize = 1024 * 1024;

/// What is to be run, what is kept of it, and what is not uploaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct JobFile {
    pub(crate) commands: Vec<String>,
    pub(crate) outputs: Vec<String>,
    pub(crate) ignore: Vec<String>,
    /// Keys that mean nothing today. Whether the real engine tolerates them is unknown; this one only tells of them.
    pub(crate) unknown: Vec<String>,
}

impl JobFile {
    /// Reads and checks the text; an error is for the user's eyes.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > LARGEST {
            return Err(format!("The job file has {} bytes; {LARGEST} is the most", text.len()));
        }
        let table: Table =
            text.parse().map_err(|error| format!("The job file is not valid TOML: {error}"))?;
        let mut file = Self::default();
        for (key, value) in &table {
            match key.as_str() {
                "commands" => file.commands = texts(key, value)?,
                "outputs" => file.outputs = texts(key, value)?,
                "ignore" => file.ignore = texts(key, value)?,
                other => file.unknown.push(other.to_owned()),
            }
        }
        if file.commands.is_empty() {
            return Err("The job file has no commands: add at least one to `commands`".to_owned());
        }
        for output in &file.outputs {
            if output.starts_with('/') || output.split('/').any(|part| part == "..") {
                return Err(format!("outputs: {output:?} is not inside the job's folder"));
            }
        }
        Ok(file)
    }
}

/// A list of texts, none of them blank. Only a command may have several lines.
fn texts(key: &str, value: &Value) -> Result<Vec<String>, String> {
    let list = value.as_array().ok_or_else(|| format!("{key} is {}, not a list of strings", kind(value)))?;
    let mut texts = Vec::with_capacity(list.len());
    for item in list {
        let text = item.as_str().ok_or_else(|| format!("{key} holds {}, not only strings", kind(item)))?;
        let forbidden = |c: char| c == '\0' || (c.is_control() && key != "commands");
        if text.trim().is_empty() {
            return Err(format!("{key} holds an empty string"));
        }
        if text.contains(forbidden) {
            return Err(format!("{key}: {text:?} has a control character"));
        }
        texts.push(text.to_owned());
    }
    Ok(texts)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a string",
        Value::Integer(_) | Value::Float(_) => "a number",
        Value::Boolean(_) => "a boolean",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_keys_are_read_and_others_are_told_of() {
        let file = JobFile::parse(
            "commands = [\"pip install x\", \"python train.py\"]\noutputs = [\"out/\"]\nignore = [\"*.pyc\"]\n\
             instance_type = \"1xH100\"\n[job]\nname = \"a\"\n",
        )
        .unwrap();
        assert_eq!(file.commands, ["pip install x", "python train.py"]);
        assert_eq!((file.outputs, file.ignore), (vec!["out/".to_owned()], vec!["*.pyc".to_owned()]));
        assert_eq!(file.unknown, ["instance_type", "job"]);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, says) in [
            ("commands = [", "not valid TOML"),
            ("", "no commands"),
            ("commands = []", "no commands"),
            ("commands = \"make\"", "commands is a string"),
            ("commands = [1]", "commands holds a number"),
            ("commands = [\" \"]", "empty string"),
            ("commands = [\"a\"]\noutputs = [true]", "outputs holds a boolean"),
            ("commands = [\"a\"]\noutputs = {a = 1}", "outputs is a table"),
            ("commands = [\"a\"]\noutputs = [\"../etc\"]", "not inside"),
            ("commands = [\"a\"]\noutputs = [\"a/../../b\"]", "not inside"),
            ("commands = [\"a\"]\noutputs = [\"/etc/passwd\"]", "not inside"),
            ("commands = [\"a\"]\nignore = [\"a\\nb\"]", "control character"),
            ("commands = [\"a\\u0000b\"]", "control character"),
        ] {
            let error = JobFile::parse(text).unwrap_err();
            assert!(error.contains(says), "{text:?}: {error}");
        }
        let long = format!("commands = [\"{}\"]", "a".repeat(LARGEST));
        assert!(JobFile::parse(&long).unwrap_err().contains("the most"));
        assert!(JobFile::parse("commands = [\"a\\nb\"]").is_ok(), "a command may be a small script");
    }
}
