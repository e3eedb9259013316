//! Text tables: what the official client prints, and all it prints (contract §1, `message`).

/// Columns under headings, as wide as they need to be; a cell without a value is `-`.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(|&heading| heading.to_owned()).collect()] }
    }

    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    pub(crate) fn render(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let shown =
            |cell: &str| if cell.is_empty() { "-".to_owned() } else { cell.replace(['\n', '\r', '\t'], " ") };
        let rows: Vec<Vec<String>> =
            self.rows.iter().map(|row| row.iter().map(|cell| shown(cell)).collect()).collect();
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
            })
            .map(Option::unwrap_or_default)
            .collect();
        let lines = rows.iter().map(|row| {
            let cells: Vec<_> =
                row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}")).collect();
            cells.join("  ").trim_end().to_owned()
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Names and values under each other; a line without a value is left out.
pub(crate) fn facts(lines: &[(&str, String)]) -> String {
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default() + 1;
    let lines = lines.iter().filter(|(_, value)| !value.is_empty());
    let lines = lines.map(|(name, value)| format!("{:width$}  {value}", format!("{name}:")));
    lines.collect::<Vec<_>>().join("\n")
}

/// `1 cluster`, `2 clusters`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_nothing_trails() {
        let mut table = Table::new(&["ID", "NAME", "LAST"]);
        table.row(["c-1".to_owned(), "größer".to_owned(), String::new()]);
        table.row(["c-22".to_owned(), String::new(), "x".to_owned()]);
        assert_eq!(table.render(), "ID    NAME    LAST\nc-1   größer  -\nc-22  -       x");
        assert_eq!(
            facts(&[("Name", "a".into()), ("None", String::new()), ("Status", "b".into())]),
            "Name:    a\nStatus:  b"
        );
    }
}
