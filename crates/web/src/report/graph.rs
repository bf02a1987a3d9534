//! The picture of lateral movement: computers that somebody came from, accounts, computers that were reached.

use super::activity::{Edge, Graph};
use super::escape::visible;
use std::collections::BTreeMap;

/// Rows of a column in the picture.
const ROWS_MAX: usize = 40;
const ROW: f64 = 28.0;
const BOX: f64 = 200.0;
/// Left edges of the three columns.
const COLUMNS: [f64; 3] = [0.0, 280.0, 560.0];
/// Letters of a name that fit into a box.
const LETTERS_MAX: usize = 26;

/// A name in a column.
pub(crate) struct Node {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) text_x: f64,
    pub(crate) text_y: f64,
    pub(crate) label: String,
    pub(crate) full: String,
    pub(crate) class: &'static str,
}

/// A way between two columns.
pub(crate) struct Line {
    pub(crate) path: String,
    pub(crate) class: &'static str,
    pub(crate) width: f64,
}

/// The picture.
pub(crate) struct Picture {
    pub(crate) nodes: Vec<Node>,
    pub(crate) lines: Vec<Line>,
    pub(crate) height: f64,
}

/// One column: names with the rows that they want, and whether a finding speaks of them.
type Column<'g> = BTreeMap<&'g str, (f64, u32, bool)>;

/// Draws the ways; `None` when there are none.
pub(crate) fn picture(graph: &Graph) -> Option<Picture> {
    let edges = &graph.edges;
    if edges.is_empty() {
        return None;
    }
    let wish = |_: &Edge| 0.0;
    let sources = placed(edges, |edge| edge.source.as_str(), wish);
    let accounts = placed(edges, |edge| edge.account.as_str(), |edge| row(&sources, &edge.source));
    let hosts = placed(edges, |edge| edge.host.as_str(), |edge| row(&accounts, &edge.account));
    let rows = sources.len().max(accounts.len()).max(hosts.len());
    let mut nodes = Vec::new();
    let columns = [(&sources, "node-source"), (&accounts, "node-account"), (&hosts, "node-host")];
    for ((column, class), x) in columns.into_iter().zip(COLUMNS) {
        nodes.extend(
            column
                .iter()
                .map(|(name, (place, hot))| node(name, x, *place, if *hot { "node-hot" } else { class })),
        );
    }
    let mut lines: BTreeMap<(usize, &str, &str), (u64, bool)> = BTreeMap::new();
    for edge in edges {
        for (side, from, to) in [(0, &edge.source, &edge.account), (1, &edge.account, &edge.host)] {
            let line = lines.entry((side, from.as_str(), to.as_str())).or_default();
            line.0 += edge.successes;
            line.1 |= edge.suspected;
        }
    }
    let place = |side: usize, name: &str| match side {
        0 => (row(&sources, name), COLUMNS[0]),
        1 => (row(&accounts, name), COLUMNS[1]),
        _ => (row(&hosts, name), COLUMNS[2]),
    };
    let mut lines: Vec<Line> = lines
        .into_iter()
        .map(|((side, from, to), (count, hot))| line(place(side, from), place(side + 1, to), count, hot))
        .collect();
    // What is suspected lies on top.
    lines.sort_by_key(|line| line.class == "way-hot");
    #[expect(clippy::cast_precision_loss, reason = "positions in a picture")]
    let height = rows as f64 * ROW + 4.0;
    Some(Picture { nodes, lines, height })
}

/// Names of a column with their rows: by the mean of the rows that their ways come from, then by name.
fn placed<'g>(
    edges: &'g [Edge],
    name: impl Fn(&'g Edge) -> &'g str,
    from: impl Fn(&'g Edge) -> f64,
) -> BTreeMap<&'g str, (f64, bool)> {
    let mut column = Column::new();
    for edge in edges {
        let (sum, count, hot) = column.entry(name(edge)).or_default();
        *sum += from(edge);
        *count += 1;
        *hot |= edge.suspected;
    }
    let mut order: Vec<(&str, f64, bool)> = column
        .into_iter()
        .map(|(name, (sum, count, hot))| (name, sum / f64::from(count.max(1)), hot))
        .collect();
    order.sort_by(|a, b| (!a.2).cmp(&!b.2).then(a.1.total_cmp(&b.1)).then(a.0.cmp(b.0)));
    #[expect(clippy::cast_precision_loss, reason = "positions in a picture")]
    let row = |at: usize| at as f64;
    order.into_iter().enumerate().map(|(at, (name, _, hot))| (name, (row(at), hot))).collect()
}

fn row(column: &BTreeMap<&str, (f64, bool)>, name: &str) -> f64 {
    column.get(name).map_or(0.0, |(row, _)| *row)
}

fn node(name: &str, x: f64, row: f64, class: &'static str) -> Node {
    let full = visible(name);
    let mut label: String = full.chars().take(LETTERS_MAX).collect();
    if label.len() < full.len() {
        label.pop();
        label.push('…');
    }
    let y = row * ROW + 2.0;
    Node { x, y, text_x: x + 8.0, text_y: y + 16.0, label, full, class }
}

fn line((from, left): (f64, f64), (to, right): (f64, f64), count: u64, hot: bool) -> Line {
    let (x1, x2) = (left + BOX, right);
    let (y1, y2) = (from * ROW + 14.0, to * ROW + 14.0);
    let middle = f64::midpoint(x1, x2);
    #[expect(clippy::cast_precision_loss, reason = "positions in a picture")]
    let width = (1.0 + (count as f64).log10()).min(5.0);
    let class = if hot { "way-hot" } else { "way" };
    Line { path: format!("M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"), class, width }
}

/// The ways that fit into the picture: so many that no column has more rows than it can hold.
pub(crate) fn fitting(graph: &Graph) -> Graph {
    let mut seen: [std::collections::BTreeSet<&str>; 3] = Default::default();
    let mut edges = Vec::new();
    for edge in &graph.edges {
        let names = [edge.source.as_str(), edge.account.as_str(), edge.host.as_str()];
        let fits =
            seen.iter().zip(names).all(|(column, name)| column.len() < ROWS_MAX || column.contains(name));
        if fits {
            for (column, name) in seen.iter_mut().zip(names) {
                column.insert(name);
            }
            edges.push(edge.clone());
        }
    }
    Graph { more: graph.more + graph.edges.len() - edges.len(), edges }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(source: &str, account: &str, host: &str, suspected: bool) -> Edge {
        let (source, account, host) = (source.to_owned(), account.to_owned(), host.to_owned());
        Edge { source, account, host, successes: 3, suspected, ..Edge::default() }
    }

    #[test]
    fn every_name_stands_once_and_every_way_joins_two_names() {
        let graph = Graph {
            edges: vec![
                edge("10.0.0.5", "bob", "FS1", false),
                edge("10.0.0.5", "bob", "DC1", true),
                edge("PC9", "eve", "FS1", false),
            ],
            more: 0,
        };
        let picture = picture(&graph).expect("a picture");
        assert_eq!((picture.nodes.len(), picture.lines.len()), (6, 5));
        assert_eq!(picture.lines.iter().filter(|line| line.class == "way-hot").count(), 2);
        assert!(picture.height > 2.0 * ROW && picture.nodes.iter().all(|node| node.y < picture.height));
        assert!(super::picture(&Graph::default()).is_none());
    }

    #[test]
    fn a_crowd_is_cut_and_counted_and_hostile_names_are_made_visible() {
        let edges = (0..100).map(|at| edge(&format!("10.0.0.{at}"), "bob", "FS1", false)).collect();
        let cut = fitting(&Graph { edges, more: 7 });
        assert_eq!((cut.edges.len(), cut.more), (ROWS_MAX, 67));
        let graph = Graph { edges: vec![edge("\u{202e}evil<script>", "a", "b", false)], more: 0 };
        let picture = picture(&graph).expect("a picture");
        assert!(picture.nodes.iter().all(|node| !node.full.contains('\u{202e}')));
    }
}
