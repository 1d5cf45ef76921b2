package broker

import (
	"os"
	"runtime"
	"runtime/metrics"
	"time"

	"amqpd/store"
)

// NodeView is the node at one moment (management-api §8.2). It is a plain
// value.
type NodeView struct {
	Name    string
	Version string // amqpd's own; clients and the management API are told RabbitMQVersion
	OSPid   int
	Started time.Time
	Uptime  time.Duration
	DataDir string

	Processors int // that Go may use
	Goroutines int

	FilesUsed, FilesTotal     int // file descriptors; 0: not known
	SocketsUsed, SocketsTotal int

	Memory      NodeMemory
	MemoryLimit uint64 // octets above which the alarm goes on; 0: no alarm
	DiskFree    uint64 // octets an unprivileged process can still write beside the data; 0: not known
	DiskLimit   uint64 // octets below which the alarm goes on; 0: no alarm
	// MemoryAlarm and DiskAlarm: publishers are blocked.
	MemoryAlarm, DiskAlarm bool

	GCCount     uint64 // collections since the start
	GCReclaimed uint64 // octets freed by them
}

// NodeMemory says where the process's memory is, in octets.
type NodeMemory struct {
	Resident uint64 // in RAM, as the system says; 0: not known
	Total    uint64 // taken from the system by the runtime
	Heap     uint64 // live and dead objects
	HeapFree uint64 // kept for objects to come
	Stacks   uint64 // of goroutines
	Messages uint64 // of the store: chunks of messages and what was read from files
	Runtime  uint64 // of the runtime itself: its tables, the collector's
}

// RabbitMQVersion is the version of RabbitMQ that the node behaves like, which
// clients and tools decide by.
const RabbitMQVersion = version

// StoreStats are the store's counters since the start, and its sizes.
type StoreStats = store.Stats

// SyncBounds are the upper bounds of the buckets of StoreStats.SyncHistogram;
// the last bucket has none.
func SyncBounds() []time.Duration { return store.SyncBounds[:] }

// BatchBounds are the upper bounds of the buckets of StoreStats.BatchHistogram, in
// octets; the last bucket has none.
func BatchBounds() []uint64 { return store.BatchBounds[:] }

// Store returns the store's figures now.
func (b *Broker) Store() StoreStats { return b.store.Stats() }

// Limits are the alarms' thresholds, for views; 0 for an alarm that is off.
type Limits struct{ Memory, DiskFree uint64 }

// SetLimits tells what the alarms are set to. Whoever calls SetAlarm knows.
func (b *Broker) SetLimits(l Limits) { b.limits.Store(&l) }

// Alarms is the set of alarms that are on.
func (b *Broker) Alarms() Alarm { return Alarm(b.alarms.active.Load()) }

// Node returns the node's figures now. What has to be asked from the system is
// asked at most once a second.
func (b *Broker) Node() NodeView {
	v := NodeView{
		Name: b.o.NodeName, Version: Version, OSPid: os.Getpid(), Started: b.started, Uptime: time.Since(b.started),
		DataDir: b.o.DataDir, Processors: runtime.GOMAXPROCS(0), Goroutines: runtime.NumGoroutine(),
	}
	if l := b.limits.Load(); l != nil {
		v.MemoryLimit, v.DiskLimit = l.Memory, l.DiskFree
	}
	alarms := b.Alarms()
	v.MemoryAlarm, v.DiskAlarm = alarms&AlarmMemory != 0, alarms&AlarmDisk != 0
	m := b.machine.read(b.o.DataDir)
	v.FilesUsed, v.FilesTotal, v.DiskFree = m.files, m.filesTotal, m.diskFree
	v.SocketsUsed, v.SocketsTotal = m.sockets, socketsMost(m.filesTotal)
	v.Memory.Resident = m.resident
	v.readRuntime()
	v.Memory.Messages = uint64(max(b.store.Stats().Memory, 0))
	return v
}

// readRuntime fills in what the Go runtime knows, without stopping it.
func (v *NodeView) readRuntime() {
	samples := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/free:bytes"}, {Name: "/memory/classes/heap/unused:bytes"},
		{Name: "/memory/classes/heap/stacks:bytes"}, {Name: "/memory/classes/heap/released:bytes"},
		{Name: "/gc/cycles/total:gc-cycles"}, {Name: "/gc/heap/frees:bytes"},
	}
	metrics.Read(samples)
	at := func(i int) uint64 {
		if samples[i].Value.Kind() != metrics.KindUint64 {
			return 0
		}
		return samples[i].Value.Uint64()
	}
	m := &v.Memory
	m.Total, m.Heap, m.HeapFree, m.Stacks = at(0)-at(5), at(1), at(2)+at(3), at(4)
	m.Runtime = m.Total - min(m.Total, m.Heap+m.HeapFree+m.Stacks)
	v.GCCount, v.GCReclaimed = at(6), at(7)
}
