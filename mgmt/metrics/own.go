package metrics

import (
	dto "github.com/prometheus/client_model/go"

	"amqpd/broker"
)

// ownMetrics are what RabbitMQ has no name for: the log, above all.
var ownMetrics = []metric{
	{ours, "log_sync_seconds", dto.MetricType_HISTOGRAM, "seconds", "", "Time that syncs of the log took: what a confirm waits for", several(syncHistogram)},
	{ours, "log_batch_bytes", dto.MetricType_HISTOGRAM, "bytes", "", "Sizes of the writes of what had gathered for the log", several(batchHistogram)},
	{ours, "log_batches_total", counter, "writes", "", "Writes of what had gathered for the log", figure(func(s *scrape) float64 { return float64(s.store.Batches) })},
	{ours, "log_largest_batch_bytes", gauge, "bytes", "", "The largest of them", figure(func(s *scrape) float64 { return float64(s.store.LargestBatch) })},
	{ours, "log_written_bytes_total", counter, "bytes", "", "Written to the log", figure(func(s *scrape) float64 { return float64(s.store.Written) })},
	{ours, "log_unsynced_bytes", gauge, "bytes", "", "Appended to the log and not durable yet", figure(func(s *scrape) float64 { return float64(s.store.Appended - min(s.store.Appended, s.store.Durable)) })},
	{ours, "log_reclaimed_bytes_total", counter, "bytes", "", "Given back because nothing in it is needed", figure(func(s *scrape) float64 { return float64(s.store.Reclaimed) })},
	{ours, "log_carried_bytes_total", counter, "bytes", "", "Copied so that a sparse segment could be given back", figure(func(s *scrape) float64 { return float64(s.store.Carried) })},
	{ours, "index_written_bytes_total", counter, "bytes", "", "Written to index runs and checkpoints", figure(func(s *scrape) float64 { return float64(s.store.Indexed) })},
	{ours, "log_write_amplification", gauge, "", "", "Written for each octet that came in, since the start: the log with what was carried, index runs and checkpoints", figure(func(s *scrape) float64 { return s.store.Amplification() })},
	{ours, "log_segments_by_live_share", gauge, "files", "", "Sealed segments by how much of them is still wanted, at most", several(liveShares)},
	{ours, "log_segments", gauge, "files", "", "Segments of the log", figure(func(s *scrape) float64 { return float64(s.store.Segments) })},
	{ours, "log_size_bytes", gauge, "bytes", "", "Size of the segments", figure(func(s *scrape) float64 { return float64(s.store.LogOctets) })},
	{ours, "log_throttled_seconds_total", counter, "seconds", "", "That publishers were held because the disk did not keep up or had little space, all together", figure(func(s *scrape) float64 { return s.store.Throttled.Seconds() })},
	{ours, "log_throttled_publishers", gauge, "connections", "", "Publishers that are held for that now", figure(func(s *scrape) float64 { return float64(s.store.Throttling) })},
	{ours, "log_disk_full", gauge, "", "", "1 while the log waits for disk space or file descriptors", figure(func(s *scrape) float64 { return truth(s.store.DiskFull) })},
	{ours, "log_damage_total", counter, "places", "", "Places found damaged, those found at the start among them", figure(func(s *scrape) float64 { return float64(s.store.Damaged) })},
	{ours, "messages_damaged_total", counter, "messages", "", "Dropped from queues because their octets could not be read back", figure(func(s *scrape) float64 { return float64(s.broker.DamagedMessages()) })},
	{ours, "dead_letters_waiting", gauge, "messages", "", "Dead letters that wait because not every queue takes them that should have them", figure(func(s *scrape) float64 { return float64(s.broker.DeadLettersWaiting()) })},
	{ours, "transfers", gauge, "transfers", "", "Transfers of messages between queues, by state: running or paused", several(transfersNow)},
	{ours, "transfers_ended_total", counter, "transfers", "", "Transfers that are over, by state: done, stopped or failed", several(transfersEnded)},
	{ours, "transfer_messages_total", counter, "messages", "", "Messages that transfers brought to where they should go, by action: move, copy or redrive", several(transferred)},
	{ours, "transfer_messages_failed_total", counter, "messages", "", "Messages that could not be moved and stayed", figure(func(s *scrape) float64 { return float64(s.broker.TransferTotals().Failed) })},
	{ours, "delayed_messages", gauge, "messages", "", "That x-delayed-message exchanges keep back until they are due", figure(func(s *scrape) float64 { return float64(s.broker.Delayed()) })},
	{ours, "index_runs", gauge, "files", "", "Index runs: which entries of sealed segments are live", figure(func(s *scrape) float64 { return float64(s.store.IndexRuns) })},
	{ours, "index_size_bytes", gauge, "bytes", "", "Size of the index runs", figure(func(s *scrape) float64 { return float64(s.store.IndexOctets) })},
	{ours, "checkpoints_total", counter, "checkpoints", "", "Checkpoints written", figure(func(s *scrape) float64 { return float64(s.store.Checkpoints) })},
	{ours, "messages_memory_bytes", gauge, "bytes", "", "Memory of messages and of what was read of them", figure(func(s *scrape) float64 { return float64(s.store.Memory) })},
	{ours, "spill_size_bytes", gauge, "bytes", "", "Transient messages that are on disk for want of memory", figure(func(s *scrape) float64 { return float64(s.store.Spilled) })},
	{ours, "spilled_bytes_total", counter, "bytes", "", "Put there since the start", figure(func(s *scrape) float64 { return float64(s.store.SpillOctets) })},
	{ours, "read_cache_hits_total", counter, "messages", "", "Messages not in the log's tail in memory that an earlier read had brought along", figure(func(s *scrape) float64 { return float64(s.store.CacheHits) })},
	{ours, "read_cache_misses_total", counter, "messages", "", "Those that had to be read from disk", figure(func(s *scrape) float64 { return float64(s.store.CacheMisses) })},
	{ours, "recovery_segments", gauge, "files", "", "Segments of the log that the start replayed", figure(func(s *scrape) float64 { return float64(s.store.ReplayedSegments) })},
	{ours, "recovery_records", gauge, "records", "", "Records in them", figure(func(s *scrape) float64 { return float64(s.store.ReplayedRecords) })},
	{ours, "recovery_seconds", gauge, "seconds", "", "Time that the data directory took to open", figure(func(s *scrape) float64 { return s.store.Recovery.Seconds() })},
}

// syncHistogram gives the store's buckets, which add up from the smallest on.
func syncHistogram(s *scrape, out *page) {
	h := dto.Histogram{}
	var n uint64
	for i, bound := range broker.SyncBounds() {
		n += s.store.SyncHistogram[i]
		upTo, below := bound.Seconds(), n
		h.Bucket = append(h.Bucket, &dto.Bucket{UpperBound: &upTo, CumulativeCount: &below})
	}
	n += s.store.SyncHistogram[len(s.store.SyncHistogram)-1]
	total := s.store.SyncTime.Seconds()
	h.SampleCount, h.SampleSum = &n, &total
	out.histogram(&h)
}

// batchHistogram gives the store's buckets of sizes.
func batchHistogram(s *scrape, out *page) {
	h := dto.Histogram{}
	var n uint64
	for i, bound := range broker.BatchBounds() {
		n += s.store.BatchHistogram[i]
		upTo, below := float64(bound), n
		h.Bucket = append(h.Bucket, &dto.Bucket{UpperBound: &upTo, CumulativeCount: &below})
	}
	n += s.store.BatchHistogram[len(s.store.BatchHistogram)-1]
	total := float64(s.store.Written)
	h.SampleCount, h.SampleSum = &n, &total
	out.histogram(&h)
}

// liveShareLabels are those of the store's classes of segments.
var liveShareLabels = [...]labels{labelled("share", "0.25"), labelled("share", "0.5"), labelled("share", "0.75"), labelled("share", "1")}

// liveShares gives the number of segments in each class.
func liveShares(s *scrape, out *page) {
	for i, n := range s.store.LiveShares {
		out.add(liveShareLabels[i], float64(n))
	}
}

// transfersNow counts the transfers that are not over.
func transfersNow(s *scrape, out *page) {
	now := map[broker.TransferState]int{}
	for _, t := range s.broker.Transfers() {
		now[t.State]++
	}
	for _, state := range []broker.TransferState{broker.TransferRunning, broker.TransferPaused} {
		out.add(labelled("state", string(state)), float64(now[state]))
	}
}

func transfersEnded(s *scrape, out *page) {
	t := s.broker.TransferTotals()
	for _, state := range []broker.TransferState{broker.TransferDone, broker.TransferStopped, broker.TransferFailed} {
		out.add(labelled("state", string(state)), float64(t.Ended[state]))
	}
}

func transferred(s *scrape, out *page) {
	t := s.broker.TransferTotals()
	for _, action := range []broker.TransferAction{broker.TransferMove, broker.TransferCopy, broker.TransferRedrive} {
		out.add(labelled("action", string(action)), float64(t.Moved[action]))
	}
}
