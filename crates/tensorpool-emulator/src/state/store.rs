//! `Store`: things by their id, in the order they were made.

use std::collections::BTreeMap;

/// What has an id.
pub(crate) trait Keyed {
    fn key(&self) -> &str;
}

/// Things by their id, in the order they were made. Nothing is ever taken out: what is gone says so itself.
pub(crate) struct Store<T> {
    items: Vec<T>,
    places: BTreeMap<Box<str>, usize>,
}

impl<T> Default for Store<T> {
    fn default() -> Self {
        Self { items: Vec::new(), places: BTreeMap::new() }
    }
}

impl<T: Keyed> Store<T> {
    pub(crate) fn insert(&mut self, item: T) {
        self.places.insert(item.key().into(), self.items.len());
        self.items.push(item);
    }

    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        self.items.get(*self.places.get(id)?)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.items.get_mut(*self.places.get(id)?)
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.items.iter_mut()
    }
}
