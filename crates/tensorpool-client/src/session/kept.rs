//! What happened while a command ran, bounded in number and in bytes.

use std::collections::VecDeque;

use tensorpool_core::session::PushEvent;

/// Events to be told afterwards, in their order.
#[derive(Default)]
pub(super) struct Kept {
    events: VecDeque<PushEvent>,
    bytes: usize,
}

impl Kept {
    const MOST: usize = 4096;
    const MOST_BYTES: usize = 8 * 1024 * 1024;

    /// Keeps it, or once there is no room, counts it. What a push cannot do without is always kept: of commands core hands
    /// out one at a time, and a job has one id.
    pub(super) fn push(&mut self, event: PushEvent) {
        let size = event.size();
        let full = self.events.len() >= Self::MOST || self.bytes.saturating_add(size) > Self::MOST_BYTES;
        if full && !is_needed(&event) {
            return self.omit();
        }
        self.bytes = self.bytes.saturating_add(size);
        self.events.push_back(event);
    }

    /// There is one such event, near the end: only what is needed comes after it.
    fn omit(&mut self) {
        let counted = self.events.iter_mut().rev().find_map(|event| match event {
            PushEvent::Omitted(count) => Some(count),
            _ => None,
        });
        match counted {
            Some(count) => *count += 1,
            None => self.events.push_back(PushEvent::Omitted(1)),
        }
    }

    pub(super) fn pop(&mut self) -> Option<PushEvent> {
        let event = self.events.pop_front()?;
        self.bytes = self.bytes.saturating_sub(event.size());
        Some(event)
    }
}

fn is_needed(event: &PushEvent) -> bool {
    matches!(event, PushEvent::Job(_) | PushEvent::Command(_) | PushEvent::Dropped(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tensorpool_core::JobId;

    fn all(mut kept: Kept) -> Vec<PushEvent> {
        let events = std::iter::from_fn(|| kept.pop()).collect();
        assert_eq!(kept.bytes, 0, "every byte that was counted is given back");
        events
    }

    #[test]
    fn a_flood_is_bounded_in_number_and_told_once() {
        let mut kept = Kept::default();
        for n in 0..10_000 {
            kept.push(PushEvent::Message(n.to_string()));
            if n == 5_000 {
                kept.push(PushEvent::Job(JobId::from("j-7")));
            }
        }
        let events = all(kept);
        assert_eq!(events.len(), Kept::MOST + 2);
        assert!(matches!(events[Kept::MOST], PushEvent::Omitted(5_904)), "{:?}", events[Kept::MOST]);
        assert!(matches!(events[Kept::MOST + 1], PushEvent::Job(_)), "the id is never dropped");
    }

    #[test]
    fn a_flood_is_bounded_in_bytes() {
        let mut kept = Kept::default();
        for _ in 0..4096 {
            kept.push(PushEvent::Message("x".repeat(1024 * 1024)));
            assert!(kept.bytes <= Kept::MOST_BYTES);
        }
        let events = all(kept);
        assert_eq!(events.len(), 8, "seven of a MiB and a little, and the mark");
        assert!(matches!(events.last(), Some(PushEvent::Omitted(4089))), "{:?}", events.len());
    }

    #[test]
    fn there_is_room_again_once_it_was_told() {
        let mut kept = Kept::default();
        (0..5_000).for_each(|_| kept.push(PushEvent::Message(String::new())));
        while kept.pop().is_some() {}
        kept.push(PushEvent::Message("again".to_owned()));
        assert!(matches!(all(kept)[..], [PushEvent::Message(_)]));
    }
}
