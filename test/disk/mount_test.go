package disk

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// diskSize is that of the disks that are filled.
const diskSize = 64 << 20

// mount makes an empty disk and returns where it is mounted.
func mount(t *testing.T) string {
	t.Helper()
	if out, err := mountExt4(t); err == nil {
		return out
	}
	dir := filepath.Join(t.TempDir(), "tmpfs")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=64m", "amqpd-test", dir).CombinedOutput(); err != nil {
		t.Skipf("no disk can be mounted here, so none can be filled: %v: %s", err, out)
	}
	unmountLater(t, dir)
	t.Log("the disk is a tmpfs: no ext4 can be mounted")
	return dir
}

// mountExt4 mounts a file as a disk, which needs mkfs.ext4, loop devices and root.
func mountExt4(t *testing.T) (dir string, err error) {
	t.Helper()
	image := filepath.Join(t.TempDir(), "disk")
	dir = filepath.Join(t.TempDir(), "ext4")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(image)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(diskSize); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][]string{{"mkfs.ext4", "-q", "-F", "-m", "0", image}, {"mount", "-o", "loop", image, dir}} {
		if err := exec.Command(c[0], c[1:]...).Run(); err != nil {
			return "", err
		}
	}
	unmountLater(t, dir)
	return dir, nil
}

func unmountLater(t *testing.T, dir string) {
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
}

// free is the space of a disk that is not taken [octets].
func free(t *testing.T, dir string) int64 {
	t.Helper()
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		t.Fatal(err)
	}
	return int64(fs.Bavail) * fs.Bsize
}

// fill takes all but some of the space of a disk, with a file that it returns the name of.
func fill(t *testing.T, dir string, left int64) string {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for n := free(t, dir) - left; n > 0; n -= n/8 + 1 { // the system takes some of it for the file
		if err = syscall.Fallocate(int(f.Fd()), 0, 0, n); err == nil {
			break
		}
	}
	if err != nil && !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	return f.Name()
}

// remount changes a disk to ro or rw.
func remount(t *testing.T, dir, how string) {
	t.Helper()
	if out, err := exec.Command("mount", "-o", "remount,"+how, dir).CombinedOutput(); err != nil {
		t.Fatalf("remount: %v: %s", err, out)
	}
}
