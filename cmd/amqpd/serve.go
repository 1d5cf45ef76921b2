package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"amqpd/broker"
)

// stopTimeout is what a clean stop may take before connections are dropped. It
// is below the ten seconds after which container runtimes kill.
const stopTimeout = 8 * time.Second

// node is what serve needs of a broker.
type node interface {
	// Serve accepts clients until l is closed, then returns nil. It knows a
	// *tls.Conn when it accepts one.
	Serve(l net.Listener) error
	// Stop tells the clients, waits for them until ctx is done, and closes the
	// store. Nothing confirmed is lost, whatever it returns.
	Stop(ctx context.Context) error
	// SetAlarm turns an alarm on or off; publishers are blocked while one is on.
	SetAlarm(a broker.Alarm, on bool)
	// SetLimits tells what the alarms are set to.
	SetLimits(l broker.Limits)
}

// site is what serve needs of what answers HTTP: the management API, metrics.
type site interface {
	// Serve answers requests on l until Stop, then returns nil.
	Serve(l net.Listener) error
	// Stop waits for requests that are being answered until ctx is done.
	Stop(ctx context.Context)
}

// services are a node and what answers HTTP for it.
type services struct {
	node    node
	api     site // the management API
	metrics site // for Prometheus
}

// opener opens the node of a data directory, and its sites.
type opener func(*config, logs, *certificates) (services, error)

// process is a started node with everything around it that has to be ended.
type process struct {
	log   *slog.Logger
	logs  logs
	certs *certificates // nil: no TLS listener
	services
	watcher   *watcher
	profiler  *profiler // nil: off
	listeners []net.Listener
	serving   sync.WaitGroup // one Serve for each listener
	broken    chan error     // what a Serve returned before the stop; room for every listener
}

// serve runs a node from its settings to the end of its stop. The ready line
// goes to stdout, logs to stderr unless a log-file is set. Signals come in on a
// channel so that a test can send them.
func serve(c *config, stdout, stderr io.Writer, signals <-chan os.Signal, open opener) error {
	begin := time.Now()
	p, err := prepare(c, stderr)
	if err != nil {
		return err
	}
	defer p.closeLog()
	memory := memoryBudget(c, p.log)
	if p.services, err = p.open(c, signals, open); err != nil || p.node == nil {
		return err
	}
	p.node.SetLimits(broker.Limits{Memory: memory, DiskFree: c.diskFreeLimit})
	p.watcher = startWatcher(p.log, p.gauges(c, memory)...)
	ready, err := p.listen(c)
	if err != nil {
		return errors.Join(err, p.stop())
	}
	took := time.Since(begin).Round(time.Millisecond)
	p.log.Info("ready", "node", c.nodeName, "data_dir", c.dataDir, "version", version, "memory_limit", memory, "took", took)
	fmt.Fprintf(stdout, "amqpd ready %s node=%s in %v\n", ready, c.nodeName, took)
	return p.untilStopped(signals)
}

// prepare does what can be refused without touching the data directory.
func prepare(c *config, stderr io.Writer) (*process, error) {
	certs, err := loadCertificates(c)
	if err != nil {
		return nil, err
	}
	l, err := openLogs(c, stderr)
	if err != nil {
		return nil, err
	}
	return &process{
		log:    l.log,
		logs:   l,
		certs:  certs,
		broken: make(chan error, len(c.amqpListen)+len(c.amqpsListen)+len(c.httpListen)+len(c.metricsListen)),
	}, nil
}

// open opens the data directory. A signal that asks to stop meanwhile is
// obeyed at once, with neither node nor error: opening changes nothing that
// the next start could not do again.
func (p *process) open(c *config, signals <-chan os.Signal, open opener) (services, error) {
	type result struct {
		services services
		err      error
	}
	opened := make(chan result, 1)
	go func() {
		s, err := open(c, p.logs, p.certs)
		opened <- result{s, err}
	}()
	for {
		select {
		case r := <-opened:
			return r.services, r.err
		case s := <-signals:
			if s == syscall.SIGHUP {
				p.reload()
				continue
			}
			p.log.Info("told to stop before the data directory was open", "signal", s.String())
			return services{}, nil
		}
	}
}

// memoryBudget gives the memory limit in bytes, 0 for none, and sets the
// garbage collector to it.
func memoryBudget(c *config, log *slog.Logger) uint64 {
	limit := c.memoryLimit.of(totalMemory(os.DirFS("/")))
	if limit == 0 {
		log.Warn("no memory alarm: this system does not tell how much memory it has; set memory-limit to a size")
	}
	boundHeap(limit, os.Getenv("GOMEMLIMIT"))
	return limit
}

// gauges are the alarms this node watches for, memory being its limit in bytes.
func (p *process) gauges(c *config, memory uint64) []*gauge {
	resident := func() (uint64, error) { return residentBytes(os.DirFS("/")) }
	free := func() (uint64, error) { return freeBytes(c.dataDir) }
	return []*gauge{
		memoryGauge(memory, releasing(memory, resident, debug.FreeOSMemory),
			func(on bool) { p.node.SetAlarm(broker.AlarmMemory, on) }),
		diskGauge(c.diskFreeLimit, free,
			func(on bool) { p.node.SetAlarm(broker.AlarmDisk, on) }),
	}
}

// untilStopped waits for the signal or the failure that ends the node, and
// ends it.
func (p *process) untilStopped(signals <-chan os.Signal) error {
	for {
		select {
		case s := <-signals:
			if s == syscall.SIGHUP {
				p.reload()
				continue
			}
			p.log.Info("stopping; a second signal stops at once", "signal", s.String())
			return p.stopUnless(signals)
		case err := <-p.broken:
			p.log.Error("stopping: a listener failed", "error", err)
			return failure{errors.Join(err, p.stop())}
		}
	}
}

// stopUnless stops cleanly, unless a second signal asks to leave at once.
func (p *process) stopUnless(signals <-chan os.Signal) error {
	stopped := make(chan error, 1)
	go func() { stopped <- p.stop() }()
	for {
		select {
		case err := <-stopped:
			if err != nil {
				return failure{err}
			}
			p.log.Info("stopped")
			return nil
		case s := <-signals:
			if s != syscall.SIGHUP {
				return failure{fmt.Errorf("stopped at once by a second signal (%v)", s)}
			}
		}
	}
}

// stop ends everything in the reverse order of the start: no new clients, the
// old ones told, the data directory closed.
func (p *process) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	for _, l := range p.listeners {
		l.Close()
	}
	p.watcher.stop()
	p.stopSites(ctx)
	err := p.node.Stop(ctx)
	p.serving.Wait()
	if p.profiler != nil {
		p.profiler.stop(ctx)
	}
	if err != nil {
		return fmt.Errorf("the stop was not clean: %w", err)
	}
	return nil
}

// stopSites leaves most of the time that a stop has to AMQP clients.
func (p *process) stopSites(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout/4)
	defer cancel()
	p.api.Stop(ctx)
	p.metrics.Stop(ctx)
}

// reload does what SIGHUP asks for. What cannot be read again stays in use as
// it was.
func (p *process) reload() {
	p.logs.reopen()
	if p.certs != nil {
		if err := p.certs.reload(); err != nil {
			p.log.Error("cannot read the certificates again", "error", err)
			return
		}
	}
	p.log.Info("reloaded on SIGHUP")
}

// closeLog closes the log files, if there are any. There is nobody left to tell
// of an error.
func (p *process) closeLog() { _ = p.logs.close() }
