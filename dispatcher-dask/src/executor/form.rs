//! Values that are on the cluster: how each is put together of what calls give.

use bytes::Bytes;

use crate::task::part;

/// The number of a call in a run.
pub(super) type Id = usize;

/// What a call gave.
#[derive(Debug, Clone)]
pub(super) struct Given {
    /// What its task gave.
    pub(super) blob: Bytes,
    /// The first of the parts that are the call's.
    pub(super) first: u32,
}

/// A value that is on the cluster, or will be.
#[derive(Debug, Clone, Default)]
pub(super) struct Form {
    /// Its bytes, one after the other.
    pub(super) bits: Vec<Bit>,
    /// The elements, where it is a tuple whose elements are apart.
    pub(super) parts: Vec<Form>,
    /// Calls that must have been made before it counts as there.
    pub(super) after: Vec<Id>,
    /// It is what this call gives, which may be a refusal: only a question may use it before that is known.
    pub(super) asked: Option<Id>,
}

/// Some bytes of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bit {
    /// These.
    Bytes(Vec<u8>),
    /// A part of what a call gives.
    Part(Id, u32),
}

impl Form {
    /// So many parts of what a call gives, from `first` on.
    pub(super) fn of(call: Id, first: usize, count: usize, is_tuple: bool) -> Self {
        let bit = |index: usize| Bit::Part(call, u32::try_from(index).unwrap_or(u32::MAX));
        let element = |index| Self { bits: vec![bit(index)], ..Self::default() };
        let parts = if is_tuple { (first..first + count).map(element).collect() } else { Vec::new() };
        Self { bits: (first..first + count).map(bit).collect(), parts, ..Self::default() }
    }

    /// An element, where they are apart.
    pub(super) fn part(&self, index: usize) -> Option<Self> {
        let part = self.parts.get(index)?;
        Some(Self { after: [&part.after[..], &self.after].concat(), ..part.clone() })
    }

    /// The calls that the value is made of, or comes after, each once.
    pub(super) fn calls(&self) -> Vec<Id> {
        let of_bits = self.bits.iter().filter_map(|bit| match bit {
            Bit::Part(call, _) => Some(*call),
            Bit::Bytes(_) => None,
        });
        let mut calls: Vec<Id> = of_bits.chain(self.after.iter().copied()).chain(self.asked).collect();
        calls.sort_unstable();
        calls.dedup();
        calls
    }

    /// The value's bytes, where `given` says what a call gave.
    pub(super) fn bytes<'b>(&self, given: impl Fn(Id) -> Option<&'b Given>) -> Option<Bytes> {
        let bit = |bit: &Bit| match bit {
            Bit::Bytes(bytes) => Some(Bytes::copy_from_slice(bytes)),
            Bit::Part(call, index) => {
                let given = given(*call)?;
                part(&given.blob, given.first as usize + *index as usize)
            }
        };
        if let [only] = &self.bits[..] {
            return bit(only);
        }
        let mut all = Vec::new();
        for next in &self.bits {
            all.extend_from_slice(&bit(next)?);
        }
        Some(all.into())
    }
}
