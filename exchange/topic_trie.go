package exchange

import (
	"iter"
	"strings"
)

// trie holds topic patterns. Each pattern is first brought into a normal
// form: within a run of wildcards the `*` go first and all `#` melt into one,
// so `#.*.#` is stored as `*.#`, which matches the same keys. Hence a node
// under a `#` edge has neither a `*` nor a `#` child.
//
//	patterns a.b, a.*, a.#, #.c          0 root
//	                                    a │    ╲ #
//	                                      1     5
//	                                 b / * │ #   │ c
//	                                  2   3  4   6
//
// Matching walks the key's words once with the set of nodes reached so far.
// A node reached through words and `*` is left with the next word. A node
// under `#` is reached once and stays: its `#` may swallow every further
// word. So no node is entered twice for the same word however many `#` a
// pattern has, and a match costs at most words × nodes reached.
//
// Nodes live in one slice and edges in one map, keyed by node and word: a
// node is 40 bytes and an edge about 20, and a lookup hashes eight bytes.
// Words are interned, so each word of a key is hashed once.
type trie struct {
	nodes []trieNode // nodes[0] is the root
	spare []uint32   // positions in nodes that are free
	edges map[edge]uint32
	words map[string]uint32 // ids of the words on some edge
	texts []text            // by word id; texts[0] stands for no word
	free  []uint32          // word ids that are free
}

// edge is a node in its upper half and a word id in its lower half.
type edge uint64

func edgeOf(node, word uint32) edge { return edge(uint64(node)<<32 | uint64(word)) }

// text is an interned word and the number of edges that carry it.
type text struct {
	word string
	refs uint32
}

type trieNode struct {
	leaf   *targets // what the pattern that ends here leads to; nil if none does
	parent uint32
	label  uint32 // the edge from the parent: a word's id, labelStar or labelHash
	star   uint32 // child by `*`, 0 if none
	hash   uint32 // child by `#`, 0 if none
	words  uint32 // how many children by word
}

const (
	labelStar = ^uint32(0)
	labelHash = ^uint32(0) - 1
)

func newTrie() *trie {
	return &trie{
		nodes: make([]trieNode, 1),
		edges: map[edge]uint32{},
		words: map[string]uint32{},
		texts: make([]text, 1),
	}
}

// add makes pattern lead to d.
func (t *trie) add(pattern string, d *destination) {
	at := uint32(0)
	for token := range normalTokens(pattern) {
		at = t.child(at, token)
	}
	if t.nodes[at].leaf == nil {
		t.nodes[at].leaf = &targets{}
	}
	t.nodes[at].leaf.add(d)
}

// remove undoes one add of the same pattern and destination.
func (t *trie) remove(pattern string, d *destination) {
	at, ok := t.find(pattern)
	if !ok || t.nodes[at].leaf == nil {
		panic("BUG: removing a topic pattern that was never added: " + pattern)
	}
	leaf := t.nodes[at].leaf
	leaf.remove(d)
	if leaf.empty() {
		t.nodes[at].leaf = nil
		t.prune(at)
	}
}

// find walks down the edges of pattern.
func (t *trie) find(pattern string) (at uint32, ok bool) {
	for token := range normalTokens(pattern) {
		switch token {
		case "*":
			at = t.nodes[at].star
		case "#":
			at = t.nodes[at].hash
		default:
			at = t.edges[edgeOf(at, t.words[token])]
		}
		if at == 0 {
			return 0, false
		}
	}
	return at, true
}

// child returns the child of node at by token, made if need be.
func (t *trie) child(at uint32, token string) uint32 {
	switch token {
	case "*":
		if t.nodes[at].star == 0 {
			t.nodes[at].star = t.makeNode(at, labelStar)
		}
		return t.nodes[at].star
	case "#":
		if t.nodes[at].hash == 0 {
			t.nodes[at].hash = t.makeNode(at, labelHash)
		}
		return t.nodes[at].hash
	}
	if child := t.edges[edgeOf(at, t.words[token])]; child != 0 {
		return child
	}
	id := t.intern(token)
	child := t.makeNode(at, id)
	t.edges[edgeOf(at, id)] = child
	t.nodes[at].words++
	return child
}

// makeNode may move nodes, so callers hold indexes, not pointers.
func (t *trie) makeNode(parent, label uint32) uint32 {
	made := trieNode{parent: parent, label: label}
	if last := len(t.spare) - 1; last >= 0 {
		at := t.spare[last]
		t.spare = t.spare[:last]
		t.nodes[at] = made
		return at
	}
	t.nodes = append(t.nodes, made)
	return uint32(len(t.nodes) - 1)
}

// prune removes node at and those above it that neither end a pattern nor
// lead on.
func (t *trie) prune(at uint32) {
	for at != 0 {
		n := &t.nodes[at]
		if n.leaf != nil || n.words != 0 || n.star != 0 || n.hash != 0 {
			return
		}
		parent, label := n.parent, n.label
		switch label {
		case labelStar:
			t.nodes[parent].star = 0
		case labelHash:
			t.nodes[parent].hash = 0
		default:
			delete(t.edges, edgeOf(parent, label))
			t.nodes[parent].words--
			t.unintern(label)
		}
		t.nodes[at] = trieNode{}
		t.spare = append(t.spare, at)
		at = parent
	}
	if t.nodes[0].leaf == nil && len(t.spare) == len(t.nodes)-1 {
		*t = *newTrie() // nothing left: give the memory back
	}
}

// intern counts one more edge labelled token and returns the word's id.
func (t *trie) intern(token string) uint32 {
	id, ok := t.words[token]
	if !ok {
		token = strings.Clone(token) // a word must not keep its pattern alive
		if last := len(t.free) - 1; last >= 0 {
			id, t.free = t.free[last], t.free[:last]
			t.texts[id].word = token
		} else {
			id = uint32(len(t.texts))
			t.texts = append(t.texts, text{word: token})
		}
		t.words[token] = id
	}
	t.texts[id].refs++
	return id
}

// unintern counts one edge labelled with the word less.
func (t *trie) unintern(id uint32) {
	if t.texts[id].refs--; t.texts[id].refs > 0 {
		return
	}
	delete(t.words, t.texts[id].word)
	t.texts[id].word = ""
	t.free = append(t.free, id)
}

// normalTokens yields the words of pattern in the trie's normal form.
func normalTokens(pattern string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if pattern == "" { // no words, where Split would see one empty word
			return
		}
		hash := false // a `#` is due before the next literal word
		for token := range strings.SplitSeq(pattern, ".") {
			if token == "#" {
				hash = true
				continue
			}
			if hash && token != "*" {
				hash = false
				if !yield("#") {
					return
				}
			}
			if !yield(token) {
				return
			}
		}
		if hash {
			yield("#")
		}
	}
}
