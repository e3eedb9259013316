//! A logger of everything at every level, for the threads that ask for it.

struct Logger;

thread_local! {
    static LOGGED: std::cell::RefCell<Option<String>> = const { std::cell::RefCell::new(None) };
}

impl log::Log for Logger {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        LOGGED.with_borrow_mut(|logged| {
            if let Some(logged) = logged {
                logged.push_str(&record.args().to_string());
            }
        });
    }

    fn flush(&self) {}
}

/// Notes from now on what any crate logs on this thread.
pub(crate) fn begin() {
    // Whoever comes second finds it set.
    let _ = log::set_logger(&Logger);
    log::set_max_level(log::LevelFilter::Trace);
    LOGGED.set(Some(String::new()));
}

/// What was logged since.
pub(crate) fn end() -> String {
    LOGGED.take().expect("it has begun")
}
