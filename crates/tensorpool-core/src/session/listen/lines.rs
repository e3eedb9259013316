//! Frames of a stream: which lines are new, which were heard before, and which nobody can tell.

use super::{Listen, ListenEvent, ListenStatus, State};
use crate::session::history::{Found, fingerprint};
use crate::time::Time;

impl Listen {
    pub(super) fn read(&mut self, now: Time, text: &[u8]) {
        let mut fields = match self.door.read(text) {
            Ok(fields) => fields,
            Err(odd) => return self.events.push_back(ListenEvent::Odd(odd)),
        };
        let error = fields.peek("error").map(str::to_owned);
        let message = fields.any_text("message");
        let status = fields.text("status").map(|status| ListenStatus::from(status.as_str()));
        match error {
            Some(error) if !self.heard && status.is_none() => self.refusal = Some(error),
            _ => self.refusal = None,
        }
        self.heard = true;
        // A blank line is a line; an empty message beside a status is none.
        if let Some(message) = message.filter(|message| !message.is_empty() || status.is_none()) {
            self.line(now, message);
        }
        self.events.extend(fields.rest().map(ListenEvent::Extra));
        let Some(status) = status else { return };
        let ends = status.ends();
        if ends {
            self.settle();
        }
        if self.status.as_ref() != Some(&status) {
            self.events.push_back(ListenEvent::Status(status.clone()));
            self.progress();
        }
        self.status = Some(status);
        if ends {
            self.goodbye = true;
            self.ask();
        }
    }

    /// A line, new or not.
    fn line(&mut self, now: Time, line: String) {
        let State::Talking(open) = &mut self.state else { return };
        open.last = now;
        open.print = Some(fingerprint(&line));
        let Some(join) = &mut open.join else { return self.show(line) };
        let found = join.take(&self.history, line);
        self.found(now, found);
    }

    fn found(&mut self, now: Time, found: Found) {
        let State::Talking(open) = &mut self.state else { return };
        match found {
            Found::Undecided => {}
            Found::Replayed(lines) => {
                open.join = None;
                if std::mem::take(&mut self.astray) {
                    self.mark_gap();
                }
                if let Some(away) = self.gap.take() {
                    self.events.push_back(ListenEvent::Resumed { away: away.length(now), replayed: lines });
                }
            }
            Found::Gap(lines) => self.show_after_gap(lines),
            Found::Alike(lines) => {
                open.join = None;
                self.astray = false;
                self.mark_gap();
                // Perhaps they were heard before: a server that says the same and hangs up, each time, is not making progress.
                self.events.extend(lines.into_iter().map(ListenEvent::Line));
            }
        }
    }

    fn show(&mut self, line: String) {
        self.astray = false;
        let print = fingerprint(&line);
        if !self.history.knows(print) {
            self.broken = None;
        }
        self.history.push(print);
        self.events.push_back(ListenEvent::Line(line));
        self.progress();
    }

    fn show_after_gap(&mut self, lines: Vec<String>) {
        if let State::Talking(open) = &mut self.state {
            open.join = None;
        }
        self.mark_gap();
        for line in lines {
            self.show(line);
        }
    }

    pub(super) fn mark_gap(&mut self) {
        if let Some(away) = self.gap.take() {
            self.events.push_back(ListenEvent::Gap { away: away.length(self.now) });
        }
    }

    /// Decides what is undecided, because nothing more will come that could.
    pub(super) fn settle(&mut self) {
        let State::Talking(open) = &mut self.state else { return };
        let Some(join) = &mut open.join else { return };
        let found = join.settle();
        let astray = matches!(&found, Found::Alike(lines) if !lines.is_empty());
        self.found(self.now, found);
        self.astray |= astray;
    }
}
