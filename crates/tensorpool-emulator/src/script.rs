//! `Script`: faults on demand, each counted, so that a test knows that what it tests has happened.

mod fault;
pub(crate) mod mangle;
mod mishap;

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::Request;

use crate::engine::endpoint;

pub use fault::Fault;
pub use mishap::Mishap;

type Condition = dyn Fn(&Request<Bytes>) -> bool + Send + Sync;

/// When a fault happens: to which requests, after how many, and how often.
///
/// ```
/// use tensorpool_emulator::{Fault, Rule, Script};
///
/// let script = Script::new();
/// let cut = script.add(Rule::on("cluster.create", Fault::CutAfter));
/// let busy = script.add(Rule::any(Fault::status(503)).skip(3).times(2));
/// assert_eq!((cut.fired(), busy.fired(), script.unfired().len()), (0, 0, 2));
/// ```
#[must_use]
pub struct Rule {
    label: String,
    endpoint: Option<String>,
    condition: Option<Box<Condition>>,
    skip: u32,
    times: Option<u32>,
    fault: Fault,
    met: u32,
    fired: Arc<AtomicU32>,
}

impl Rule {
    /// The next request for this endpoint, a name of the catalogue such as `cluster.create`, `job.push` and `job.listen` for
    /// the WebSockets, or `files` for signed URLs.
    pub fn on(endpoint: impl Into<String>, fault: Fault) -> Self {
        let endpoint = endpoint.into();
        Self { label: format!("{endpoint}: {}", fault.name()), endpoint: Some(endpoint), ..Self::any(fault) }
    }

    /// The next request, whatever it is for.
    pub fn any(fault: Fault) -> Self {
        Self {
            label: format!("any: {}", fault.name()),
            endpoint: None,
            condition: None,
            skip: 0,
            times: Some(1),
            fault,
            met: 0,
            fired: Arc::default(),
        }
    }

    /// Only requests of which this is true.
    pub fn when(mut self, condition: impl Fn(&Request<Bytes>) -> bool + Send + Sync + 'static) -> Self {
        self.condition = Some(Box::new(condition));
        self
    }

    /// Not the first `count` of them.
    pub fn skip(mut self, count: u32) -> Self {
        self.skip = count;
        self
    }

    /// So often; once by default.
    pub fn times(mut self, count: u32) -> Self {
        self.times = Some(count);
        self
    }

    /// From then on, every time.
    pub fn always(mut self) -> Self {
        self.times = None;
        self
    }

    /// What it is called in [`Script::unfired`].
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    fn matches(&self, name: &str, request: &Request<Bytes>) -> bool {
        self.endpoint.as_deref().is_none_or(|endpoint| endpoint == name)
            && self.condition.as_ref().is_none_or(|condition| condition(request))
    }

    /// Counts a request that matches, and says whether this is one to fail.
    fn meet(&mut self) -> bool {
        self.met = self.met.saturating_add(1);
        let fired = self.fired.load(Ordering::SeqCst);
        let due = self.met > self.skip && self.times.is_none_or(|times| fired < times);
        if due {
            self.fired.store(fired.saturating_add(1), Ordering::SeqCst);
        }
        due
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule").field("label", &self.label).field("fired", &self.fired).finish_non_exhaustive()
    }
}

/// A rule that was added: its number, and how often it has fired.
#[derive(Clone, Debug)]
pub struct Handle {
    id: usize,
    fired: Arc<AtomicU32>,
}

impl Handle {
    /// Its number in the script.
    #[must_use]
    pub fn id(&self) -> usize {
        self.id
    }

    /// How often it has fired.
    #[must_use]
    pub fn fired(&self) -> u32 {
        self.fired.load(Ordering::SeqCst)
    }
}

/// The rules of an emulator, shared by all clones. The first rule that is due decides; those after it do not count the
/// request.
#[derive(Clone, Debug, Default)]
pub struct Script {
    rules: Arc<Mutex<Vec<Rule>>>,
}

impl Script {
    /// No rules.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a rule, after those there are.
    pub fn add(&self, rule: Rule) -> Handle {
        let mut rules = self.rules();
        let handle = Handle { id: rules.len(), fired: Arc::clone(&rule.fired) };
        rules.push(rule);
        handle
    }

    /// How often the rule of this number has fired.
    #[must_use]
    pub fn fired(&self, id: usize) -> u32 {
        self.rules().get(id).map_or(0, |rule| rule.fired.load(Ordering::SeqCst))
    }

    /// The labels of the rules that have never fired.
    #[must_use]
    pub fn unfired(&self) -> Vec<String> {
        let rules = self.rules();
        let unfired = rules.iter().filter(|rule| rule.fired.load(Ordering::SeqCst) == 0);
        unfired.map(|rule| rule.label.clone()).collect()
    }

    /// Removes all rules.
    pub fn clear(&self) {
        self.rules().clear();
    }

    /// The fault for this request, if there is one.
    pub(crate) fn fault(&self, request: &Request<Bytes>) -> Option<Fault> {
        let mut rules = self.rules();
        if rules.is_empty() {
            return None;
        }
        let name = endpoint(request);
        let mut matching = rules.iter_mut().filter(|rule| rule.matches(name, request));
        matching.find_map(|rule| rule.meet().then(|| rule.fault.clone()))
    }

    fn rules(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
