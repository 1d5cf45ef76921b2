// Package schedule remembers when each of very many things is due, in few
// octets each: 5 million take some 50 MB, whether they are due within a second
// or over years.
//
// # Words
//
// An entry is one thing: when it is due, its number and where it lies. The heap
// holds up to heapMax entries as they are. A run is what the heap gave up when
// it was full: entries sorted by when they are due and packed, each as its
// difference to the one before. The next entry of a run stands unpacked in
// front of it.
//
//	Add ─► heap ── full: all but the soonest quarter ──► run  [next|packed...]
//	         ▲ │                                         run  [next|packed...]
//	         │ └──────────────┐   ┌──────────────────────┘│
//	         │                Due: the soonest of them    │
//	         └───────────── what is left of a short run ──┘
//
// # Cost
//
// An entry is packed once and read once; nothing moves because time passes, so
// no moment is more expensive than another, however many entries are due in
// one. Adding costs at most one sort of heapMax entries, taking one out a step
// in a heap of the runs. A run that is almost used up goes back to the heap, so
// that entries far off do not keep a mostly empty run each.
//
// # What it does not do
//
// It has no clock, no lock and no disk: who calls is told what is due at a
// time. Single entries cannot be taken out before they are due.
package schedule
