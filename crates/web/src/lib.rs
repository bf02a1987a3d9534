//! Pages, reports and their languages.
