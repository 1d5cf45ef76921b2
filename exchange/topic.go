package exchange

import "bytes"

// topic routes by patterns of words (amqp-behaviour §3.5).
type topic struct{ patterns *trie }

func newTopic(Exchange, env) matcher { return &topic{patterns: newTrie()} }

func (t *topic) add(b *bound)    { t.patterns.add(b.key, b.dest) }
func (t *topic) remove(b *bound) { t.patterns.remove(b.key, b.dest) }

func (t *topic) match(_ *Message, keys [][]byte, res *Result) {
	if res.topic == nil {
		res.topic = &topicWalk{}
	}
	for _, key := range keys {
		t.patterns.match(key, res.topic, res)
	}
}

// topicWalk is the working memory of one match.
type topicWalk struct {
	here, next []uint32 // nodes reached by exactly the words so far, by word or `*`
	stay       idset    // nodes under `#` reached so far; they stay reached
}

// match adds to res what the patterns that match key lead to. A key is split
// at its dots and empty words count, but the empty key has no words.
func (t *trie) match(key []byte, walk *topicWalk, res *Result) {
	walk.here = append(walk.here[:0], 0)
	walk.stay.reset()
	t.open(walk)
	for more := len(key) > 0; more; {
		if len(walk.here) == 0 && len(walk.stay.list) == 0 {
			return
		}
		word := key
		if dot := bytes.IndexByte(key, '.'); dot >= 0 {
			word, key = key[:dot], key[dot+1:]
		} else {
			more = false
		}
		t.step(t.words[string(word)], walk)
	}
	t.collect(walk.here, res)
	t.collect(walk.stay.list, res)
}

// step moves the walk over one word of the key, whose id is 0 when no
// pattern knows it.
func (t *trie) step(id uint32, walk *topicWalk) {
	next := walk.next[:0]
	for _, at := range walk.here {
		n := &t.nodes[at]
		if n.words > 0 && id != 0 {
			if child := t.edges[edgeOf(at, id)]; child != 0 {
				next = append(next, child)
			}
		}
		if n.star != 0 {
			next = append(next, n.star)
		}
	}
	if id != 0 {
		for _, at := range walk.stay.list {
			if t.nodes[at].words == 0 {
				continue
			}
			if child := t.edges[edgeOf(at, id)]; child != 0 {
				next = append(next, child)
			}
		}
	}
	walk.here, walk.next = next, walk.here
	t.open(walk)
}

// open reaches the `#` children of the nodes just reached: a `#` may stand
// for no word at all.
func (t *trie) open(walk *topicWalk) {
	for _, at := range walk.here {
		if hash := t.nodes[at].hash; hash != 0 {
			walk.stay.add(hash)
		}
	}
}

// collect adds to res what the patterns that end at nodes lead to.
func (t *trie) collect(nodes []uint32, res *Result) {
	for _, at := range nodes {
		if leaf := t.nodes[at].leaf; leaf != nil {
			res.addAll(leaf)
		}
	}
}
