package exchange

// fanout routes to all bindings.
type fanout struct{ all targets }

func newFanout(Exchange, env) matcher { return &fanout{} }

func (f *fanout) add(b *bound)    { f.all.add(b.dest) }
func (f *fanout) remove(b *bound) { f.all.remove(b.dest) }

func (f *fanout) match(_ *Message, _ [][]byte, res *Result) { res.addAll(&f.all) }
