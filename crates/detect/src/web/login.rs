//! Tries of a code that web requests show (DT-FMT-42): the server's own user column, and forms whose answer tells.

use super::reduce::path_hash;
use crate::attempts::{Attempt, stable_hash};
use crate::signal::{Answer, Detail, Signal};
use rustc_hash::FxHashMap;
use vocab::{AuthMethod, Class, Flags, Outcome, Reason, Timestamp};

/// A login by the user column counts again after this pause; each request carries the code.
const SAME_LOGIN: i64 = 8 * Timestamp::HOUR;
/// Access log and error log tell of one refusal within this time.
const SAME_TRY: i64 = 2 * Timestamp::SECOND;
/// Logins and forms remembered.
const REMEMBERED_MAX: usize = 50_000;
/// Refusals of a form that make its redirect a success.
const REFUSALS_MIN: u32 = 3;

/// How a login route answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// Redirect = success, the form again = failure: known products.
    Product,
    /// As a product, but a redirect is a success only once the form was seen to refuse.
    Form,
    /// 200 = success, 4xx = failure.
    Service,
    /// Any answer is 200; the size tells.
    Calls,
}

/// Ends of the paths of login routes, longest first where one is the end of another.
const ROUTES: [(&str, Style); 36] = [
    ("/wp-login.php", Style::Product),
    ("/xmlrpc.php", Style::Calls),
    ("/users/sign_in", Style::Product),
    ("/accounts/login", Style::Product),
    ("/user/login", Style::Product),
    ("/admin/login", Style::Form),
    ("/api/login", Style::Service),
    ("/api/auth/login", Style::Service),
    ("/api/v1/login", Style::Service),
    ("/api/v1/auth/login", Style::Service),
    ("/api/v1/signin", Style::Service),
    ("/api/sessions", Style::Service),
    ("/api/auth", Style::Service),
    ("/api/authenticate", Style::Service),
    ("/rest/user/login", Style::Service),
    ("/oauth/token", Style::Service),
    ("/oauth2/token", Style::Service),
    ("/auth/login", Style::Form),
    ("/auth/signin", Style::Form),
    ("/account/login", Style::Form),
    ("/member/login", Style::Form),
    ("/login", Style::Form),
    ("/login.php", Style::Form),
    ("/login.html", Style::Form),
    ("/login.cgi", Style::Form),
    ("/login.jsp", Style::Form),
    ("/login.do", Style::Form),
    ("/login.asp", Style::Form),
    ("/login.aspx", Style::Form),
    ("/logon", Style::Form),
    ("/signin", Style::Form),
    ("/sign-in", Style::Form),
    ("/log-in", Style::Form),
    ("/sessions", Style::Form),
    ("/session", Style::Form),
    ("/j_security_check", Style::Form),
];

fn style(path: &str) -> Option<Style> {
    let path = path.trim_end_matches('/');
    let ends = |route: &str| {
        path.len()
            .checked_sub(route.len())
            .and_then(|at| path.get(at..))
            .is_some_and(|end| end.eq_ignore_ascii_case(route))
    };
    ROUTES.iter().find(|(route, _)| ends(route)).map(|(_, style)| *style)
}

/// Is it the path of a login route?
pub(super) fn is_login(path: &str) -> bool {
    style(path).is_some()
}

/// What a signal says of a try of a code.
#[derive(Clone, Debug)]
pub(crate) enum Seen {
    /// It is one.
    Try(Box<Attempt>),
    /// Another record told of the same try before.
    Counted,
    /// Nothing that web servers say.
    Nothing,
}

/// Turns requests into tries of a code. Keeps who is logged in by the user column, and how forms answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct WebLogins {
    logged_in: FxHashMap<u64, Timestamp>,
    refusals: FxHashMap<u64, u32>,
    /// Refusals of a name that only one of access log and error log told so far: above zero the access log.
    told: FxHashMap<u64, (Timestamp, i32)>,
}

impl WebLogins {
    /// What the signal says of a try, each try counted once (DT-FMT-16).
    pub(crate) fn see(&mut self, signal: &Signal) -> Seen {
        let error = matches!(signal.parser, "nginx_error" | "apache_error");
        if error && signal.class == Class::Authentication && signal.outcome == Outcome::Failure {
            return if self.told_twice(signal, -1) { Seen::Counted } else { Seen::Nothing };
        }
        let Some(attempt) = self.attempt(signal) else { return Seen::Nothing };
        let refused = attempt.method == Some(AuthMethod::Basic) && attempt.outcome == Outcome::Failure;
        if refused && self.told_twice(signal, 1) { Seen::Counted } else { Seen::Try(Box::new(attempt)) }
    }

    /// Did the other log tell of this refusal already?
    fn told_twice(&mut self, signal: &Signal, side: i32) -> bool {
        let now = signal.order.time;
        if self.told.len() >= REMEMBERED_MAX {
            self.told.retain(|_, (last, _)| now.since(*last) <= SAME_TRY);
        }
        let (last, balance) =
            self.told.entry(stable_hash(&(signal.src_ip, signal.account.as_str()))).or_default();
        if now.since(*last) > SAME_TRY {
            *balance = 0;
        }
        *last = now;
        let twice = balance.signum() == -side;
        *balance = balance.saturating_add(side);
        twice
    }

    /// The try that a request shows.
    fn attempt(&mut self, signal: &Signal) -> Option<Attempt> {
        if signal.class != Class::Http || signal.answer.status == 0 {
            return None;
        }
        if signal.method == Some(AuthMethod::Basic) && !signal.account.is_empty() {
            return self.basic(signal);
        }
        let detail = signal.detail.as_deref().filter(|_| signal.answer.has(Answer::POST))?;
        self.form(signal, detail, style(&detail.url_path)?)
    }

    /// The server names the user: refused with 401, let in otherwise. One success for all requests that carry the code.
    fn basic(&mut self, signal: &Signal) -> Option<Attempt> {
        let user = stable_hash(&(
            signal.src_ip,
            signal.host.as_str(),
            signal.service.as_str(),
            signal.account.as_str(),
        ));
        let mut attempt = attempt(signal, AuthMethod::Basic);
        match signal.answer.status {
            401 => {
                self.logged_in.remove(&user);
                (attempt.outcome, attempt.reason) = (Outcome::Failure, Reason::BadSecret);
                Some(attempt)
            }
            200..=399 => {
                if self.logged_in.len() >= REMEMBERED_MAX && !self.logged_in.contains_key(&user) {
                    self.logged_in.clear();
                }
                let now = signal.order.time;
                let known = self.logged_in.insert(user, now);
                if known.is_some_and(|last| now.since(last) <= SAME_LOGIN) {
                    return None;
                }
                (attempt.outcome, attempt.reason) = (Outcome::Success, Reason::Ok);
                Some(attempt)
            }
            _ => None,
        }
    }

    /// A form was sent; the answer is read as the product gives it.
    fn form(&mut self, signal: &Signal, detail: &Detail, style: Style) -> Option<Attempt> {
        let action = detail.url_query.split('&').find_map(|pair| pair.strip_prefix("action="));
        if action.is_some_and(|action| !matches!(action, "login" | "signin" | "auth")) {
            return None;
        }
        let route =
            stable_hash(&(signal.host.as_str(), signal.service.as_str(), path_hash(&detail.url_path)));
        let outcome = self.outcome(signal, style, route)?;
        let mut attempt = attempt(signal, AuthMethod::Password).deduced();
        attempt.outcome = outcome;
        attempt.reason = if outcome == Outcome::Success { Reason::Ok } else { Reason::BadSecret };
        Some(attempt)
    }

    fn outcome(&mut self, signal: &Signal, style: Style, route: u64) -> Option<Outcome> {
        let bytes = signal.answer.bytes;
        let refused = matches!(signal.answer.status, 400 | 401 | 403 | 422 | 429);
        let outcome = match (style, signal.answer.status) {
            (Style::Calls, 200) => (300..=600).contains(&bytes).then_some(Outcome::Failure),
            (Style::Calls, _) => None,
            _ if refused => Some(Outcome::Failure),
            (Style::Service, 200 | 201) => Some(Outcome::Success),
            (Style::Product | Style::Form, 200) => Some(Outcome::Failure),
            (Style::Product, 302 | 303) => Some(Outcome::Success),
            (Style::Form, 302 | 303) => {
                let seen = self.refusals.get(&route).copied().unwrap_or(0);
                (seen >= REFUSALS_MIN).then_some(Outcome::Success)
            }
            _ => None,
        };
        if outcome == Some(Outcome::Failure)
            && (self.refusals.len() < REMEMBERED_MAX || self.refusals.contains_key(&route))
        {
            let seen = self.refusals.entry(route).or_default();
            *seen = seen.saturating_add(1);
        }
        outcome
    }
}

fn attempt(signal: &Signal, method: AuthMethod) -> Attempt {
    let mut attempt = Attempt::from_signal(signal);
    attempt.method = Some(method);
    if attempt.service.is_empty() {
        attempt.service = "http".into();
    }
    if let Some(agent) =
        signal.detail.as_deref().map(|detail| detail.user_agent.as_str()).filter(|agent| !agent.is_empty())
    {
        attempt.client = stable_hash(agent);
    }
    attempt.session = 0;
    attempt.ambiguous |= signal.flags.has(Flags::AMBIGUOUS);
    attempt
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::combined;

    fn tries(lines: &[(&str, &str, u16, u32)]) -> Vec<(Outcome, bool, String)> {
        let mut logins = WebLogins::default();
        lines
            .iter()
            .zip(0..)
            .filter_map(|((user, request, status, bytes), at)| {
                let line = format!("198.51.100.7 - {user} [10/Nov/2026:13:00:00 +0900] \"{request} HTTP/1.1\" {status} {bytes} \"-\" \"x\"");
                let mut event = combined(&line);
                event.time = Some(Timestamp::from_seconds(at));
                if *user != "-" {
                    event.user = Some((*user).into());
                    event.auth_method = Some(AuthMethod::Basic);
                }
                let signal = crate::front::reduce(&event, smallvec::SmallVec::new());
                let attempt = logins.attempt(&signal)?;
                Some((attempt.outcome, attempt.inferred, attempt.account.to_string()))
            })
            .collect()
    }

    #[test]
    fn the_user_column_counts_once() {
        let seen = tries(&[
            ("-", "GET /members/", 401, 100),
            ("kaiin", "GET /members/", 401, 100),
            ("kaiin", "GET /members/", 200, 900),
            ("kaiin", "GET /members/a", 200, 900),
            ("kaiin", "GET /members/b", 404, 100),
        ]);
        let name = || "kaiin".to_owned();
        assert_eq!(seen, [(Outcome::Failure, false, name()), (Outcome::Success, false, name())]);
    }

    #[test]
    fn access_log_and_error_log_tell_of_one_try() {
        let mut logins = WebLogins::default();
        let mut see = |parser: &'static str, at: i64| {
            let mut event =
                combined("198.51.100.7 - - [10/Nov/2026:13:00:00 +0900] \"GET /members/ HTTP/1.1\" 401 9");
            event.time = Some(Timestamp::from_seconds(at));
            event.user = Some("kaiin".into());
            event.auth_method = Some(AuthMethod::Basic);
            event.origin.parser = parser;
            if parser != "web_access" {
                (event.class, event.outcome) = (Class::Authentication, Outcome::Failure);
            }
            match logins.see(&crate::front::reduce(&event, smallvec::SmallVec::new())) {
                Seen::Try(_) => "try",
                Seen::Counted => "counted",
                Seen::Nothing => "nothing",
            }
        };
        let told: Vec<_> = [
            ("web_access", 0),
            ("nginx_error", 0),
            ("nginx_error", 9),
            ("web_access", 10),
            ("web_access", 11),
        ]
        .map(|(parser, at)| see(parser, at))
        .into();
        assert_eq!(told, ["try", "counted", "nothing", "counted", "try"]);
    }

    #[test]
    fn a_product_tells_by_its_redirect() {
        let seen = tries(&[
            ("-", "GET /wp-login.php", 200, 5000),
            ("-", "POST /wp-login.php", 200, 5100),
            ("-", "POST /blog/wp-login.php", 302, 0),
            ("-", "POST /wp-login.php?action=lostpassword", 302, 0),
            ("-", "POST /xmlrpc.php", 200, 403),
            ("-", "POST /xmlrpc.php", 200, 9000),
        ]);
        let outcomes: Vec<_> = seen.iter().map(|(outcome, inferred, _)| (*outcome, *inferred)).collect();
        assert_eq!(outcomes, [(Outcome::Failure, true), (Outcome::Success, true), (Outcome::Failure, true)]);
    }

    #[test]
    fn an_unknown_form_is_learned_before_its_redirect_counts() {
        let refused = ("-", "POST /login", 200, 5000);
        let entered = ("-", "POST /login/", 302, 0);
        assert!(tries(&[entered, entered]).is_empty());
        let same = ("-", "POST /login", 302, 0);
        let seen = tries(&[refused, refused, refused, same]);
        assert_eq!(seen.last().map(|(outcome, ..)| *outcome), Some(Outcome::Success));
        assert_eq!(tries(&[("-", "POST /api/login", 401, 20), ("-", "POST /api/login", 200, 300)]).len(), 2);
    }

    #[test]
    fn other_paths_are_no_logins() {
        assert!(tries(&[("-", "POST /contact", 200, 10), ("-", "POST /catalogin", 401, 10)]).is_empty());
    }
}
