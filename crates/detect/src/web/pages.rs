//! What a site usually answers, so that an unusual answer stands out (detection.md 4.6, outcome per request).

use super::reduce::alike;
use crate::prim::table::Keep;
use smallvec::SmallVec;
use vocab::Timestamp;

/// Answers of a page that are enough to call their sizes usual.
const LEARNED_MIN: u32 = 3;
/// Different paths with answers of one size that make it the answer to what does not exist.
const SOFT_PATHS_MIN: usize = 3;
/// Sizes remembered for a page, and for the missing pages of a site.
const SIZES_MAX: usize = 4;
const SOFT_SIZES_MAX: usize = 8;

/// Usual answers of one path: successful GET requests without a payload.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Page {
    sizes: [(u32, u32); SIZES_MAX],
    least: u32,
    most: u32,
    /// Answers so far.
    pub(super) count: u32,
    used: bool,
}

impl Keep for Page {
    fn score(&self) -> u32 {
        self.count
    }

    fn used(&mut self) -> bool {
        std::mem::take(&mut self.used)
    }
}

impl Page {
    /// A page without an answer so far.
    pub(super) fn new() -> Self {
        Self { least: u32::MAX, ..Self::default() }
    }

    /// Takes in an ordinary answer.
    pub(super) fn learn(&mut self, bytes: u32) {
        self.used = true;
        if bytes == u32::MAX {
            return;
        }
        self.count = self.count.saturating_add(1);
        self.least = self.least.min(bytes);
        self.most = self.most.max(bytes);
        if let Some((_, count)) =
            self.sizes.iter_mut().find(|(size, count)| *count > 0 && alike(*size, bytes))
        {
            *count = count.saturating_add(1);
        } else if let Some(rare) = self.sizes.iter_mut().min_by_key(|(_, count)| *count) {
            *rare = (bytes, 1);
        }
    }

    /// Enough answers to compare with?
    pub(super) fn is_known(&self) -> bool {
        self.count >= LEARNED_MIN
    }

    /// The size that the page mostly has.
    pub(super) fn typical(&self) -> Option<u32> {
        self.sizes
            .iter()
            .filter(|(_, count)| *count > 0)
            .max_by_key(|(_, count)| *count)
            .map(|(size, _)| *size)
    }

    /// One of the sizes that the page has.
    pub(super) fn is_usual(&self, bytes: u32) -> bool {
        self.sizes.iter().any(|(size, count)| *count > 0 && alike(*size, bytes))
    }

    /// Far outside the sizes that the page has.
    pub(super) fn is_outlier(&self, bytes: u32) -> bool {
        self.is_known()
            && bytes != u32::MAX
            && (u64::from(bytes) * 2 < u64::from(self.least)
                || u64::from(bytes) * 2 > u64::from(self.most) * 3 + 1024)
    }
}

/// Answers of one site to requests for what it cannot have: a size that many different paths get is its "not found" page,
/// whatever the status says ("soft 404").
#[derive(Clone, Debug, Default)]
pub(super) struct Site {
    missing: SmallVec<[(u32, SmallVec<[u64; SOFT_PATHS_MIN]>); 1]>,
    /// Hash of the path `/`, to compare with: some sites answer everything with their first page.
    pub(super) root: u64,
    /// First request in the log.
    pub(super) begin: Timestamp,
}

impl Site {
    /// A site whose first page has this key, first asked at `begin`.
    pub(super) fn new(root: u64, begin: Timestamp) -> Self {
        Self { root, begin, ..Self::default() }
    }

    /// A hostile or missing path was answered with this size.
    pub(super) fn answered(&mut self, path: u64, bytes: u32) {
        if let Some((_, paths)) = self.missing.iter_mut().find(|(size, _)| alike(*size, bytes)) {
            if paths.len() < SOFT_PATHS_MIN && !paths.contains(&path) {
                paths.push(path);
            }
        } else if self.missing.len() < SOFT_SIZES_MAX {
            self.missing.push((bytes, SmallVec::from_elem(path, 1)));
        }
    }

    /// Is it the size of the "not found" page?
    pub(super) fn is_missing(&self, bytes: u32) -> bool {
        self.missing.iter().any(|(size, paths)| paths.len() >= SOFT_PATHS_MIN && alike(*size, bytes))
    }
}

/// What an answer to a hostile request says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Refused, failed, or the page for missing pages.
    Refused,
    /// The page as always.
    Usual,
    /// Answered, and nothing to compare with.
    Answered,
    /// Answered with a size far from the usual one.
    Unusual,
}

/// Judges an answer by what page and site usually answer.
pub(super) fn judge(
    status: u16,
    bytes: u32,
    page: Option<&Page>,
    root: Option<&Page>,
    site: Option<&Site>,
) -> Verdict {
    if !(200..300).contains(&status) {
        return Verdict::Refused;
    }
    if bytes == 0 && status != 204 || site.is_some_and(|site| site.is_missing(bytes)) {
        return Verdict::Refused;
    }
    match page.filter(|page| page.is_known()) {
        Some(page) if page.is_outlier(bytes) => Verdict::Unusual,
        Some(_) => Verdict::Usual,
        None if page.is_some_and(|page| page.is_usual(bytes)) => Verdict::Usual,
        None if root.is_some_and(|root| root.is_usual(bytes)) => Verdict::Usual,
        None => Verdict::Answered,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(sizes: &[u32]) -> Page {
        let mut page = Page::new();
        sizes.iter().for_each(|size| page.learn(*size));
        page
    }

    #[test]
    fn a_small_answer_of_a_large_download_stands_out() {
        let page = page(&[38_000, 14_400, 38_000, 14_400]);
        assert_eq!(judge(200, 1_040, Some(&page), None, None), Verdict::Unusual);
        assert_eq!(judge(200, 38_010, Some(&page), None, None), Verdict::Usual);
        assert_eq!(judge(404, 1_040, Some(&page), None, None), Verdict::Refused);
    }

    #[test]
    fn one_page_for_everything_is_no_answer() {
        let mut site = Site::default();
        for path in 1..=3 {
            assert_eq!(judge(200, 612, None, None, Some(&site)), Verdict::Answered);
            site.answered(path, 612 + u32::try_from(path).unwrap_or(0));
        }
        assert_eq!(judge(200, 620, None, None, Some(&site)), Verdict::Refused);
        let root = page(&[5_000, 5_000]);
        assert_eq!(judge(200, 5_020, None, Some(&root), None), Verdict::Usual);
    }

    #[test]
    fn one_path_asked_often_makes_no_missing_page() {
        let mut site = Site::default();
        (0..9).for_each(|_| site.answered(7, 900));
        assert_eq!(judge(200, 900, None, None, Some(&site)), Verdict::Answered);
    }
}
