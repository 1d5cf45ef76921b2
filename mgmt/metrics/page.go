package metrics

import (
	"io"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

// page is the samples of one metric on their way out. Its memory is used again
// for the next metric, so that an answer with 20 samples for each of 20,000
// queues holds 20,000 samples at a time.
type page struct {
	out    io.Writer
	err    error // the first of out
	family dto.MetricFamily
	cells  []*cell
	used   int
}

// cell is one sample with its value, whatever its kind.
type cell struct {
	metric  dto.Metric
	counter dto.Counter
	gauge   dto.Gauge
	untyped dto.Untyped
	value   float64
}

// cellBlock is how many cells are made at a time.
const cellBlock = 256

// next gives an unused cell.
func (p *page) next() *cell {
	if p.used == len(p.cells) {
		block := make([]cell, cellBlock)
		for i := range block {
			c := &block[i]
			c.counter.Value, c.gauge.Value, c.untyped.Value = &c.value, &c.value, &c.value
			p.cells = append(p.cells, c)
		}
	}
	c := p.cells[p.used]
	p.used++
	return c
}

// add gives a sample to the metric that is being written. Labels may be shared
// between samples.
func (p *page) add(labels labels, value float64) {
	c := p.next()
	c.value = value
	c.metric.Label, c.metric.Counter, c.metric.Gauge, c.metric.Untyped = labels, nil, nil, nil
	switch p.family.GetType() {
	case counter:
		c.metric.Counter = &c.counter
	case gauge:
		c.metric.Gauge = &c.gauge
	default:
		c.metric.Untyped = &c.untyped
	}
	p.family.Metric = append(p.family.Metric, &c.metric)
}

// histogram gives the only sample of a histogram.
func (p *page) histogram(h *dto.Histogram) {
	p.family.Metric = append(p.family.Metric, &dto.Metric{Histogram: h})
}

// write sends a metric with the samples that its source gives.
func (p *page) write(s *scrape, m *metric) {
	name, help, kind := m.fullName(s.registry), m.help, m.kind
	p.used = 0
	p.family.Name, p.family.Help, p.family.Type = &name, &help, &kind
	p.family.Metric = p.family.Metric[:0]
	m.source.samples(s, p)
	p.send(&p.family)
}

// send writes a metric; one without samples is left out.
func (p *page) send(f *dto.MetricFamily) {
	if p.err != nil || len(f.Metric) == 0 {
		return
	}
	_, p.err = expfmt.MetricFamilyToText(p.out, f)
}

// labels are the names and values that tell samples of a metric apart.
type labels []*dto.LabelPair

// labelled makes labels of names and values in turn.
func labelled(pairs ...string) labels {
	ls := make(labels, 0, len(pairs)/2)
	block := make([]dto.LabelPair, len(pairs)/2)
	for i := range block {
		block[i].Name, block[i].Value = &pairs[2*i], &pairs[2*i+1]
		ls = append(ls, &block[i])
	}
	return ls
}
