// Package disk runs amqpd on disks that are full, cannot be written or have damaged files.
//
// Full disks are real ones, but small: an ext4 in a file, or a tmpfs, that the test mounts.
// Where that is not permitted those tests are skipped, and say so.
//
//	publisher ──> amqpd ──> log ──> ext4 of 64 MB
//	                │               └ a filler beside the data directory takes the rest
//	                └─> consumer: whatever was confirmed comes, once
package disk
