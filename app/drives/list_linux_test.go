package drives

import (
	"slices"
	"testing"
)

func TestPlugged(t *testing.T) {
	const mounts = `23 28 0:22 / /sys rw,nosuid shared:7 - sysfs sysfs rw
28 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw
90 28 8:17 / /media/anna/BACKUP\0401 rw,nosuid shared:50 - vfat /dev/sdb1 rw
91 28 8:33 / /run/media/anna/back\134slash rw shared:51 - exfat /dev/sdc1 rw
92 28 0:60 / /mnt rw shared:52 - nfs server:/x rw
93 28 8:49 / /mediaserver rw shared:53 - ext4 /dev/sdd1 rw
short line
94 28 8:50 / /media/odd\04 rw - vfat /dev/sde1 rw
`
	want := []Drive{
		{Path: "/media/anna/BACKUP 1", Name: "BACKUP 1", Plugged: true},
		{Path: `/run/media/anna/back\slash`, Name: `back\slash`, Plugged: true},
		{Path: "/mnt", Name: "mnt", Plugged: true},
		{Path: `/media/odd\04`, Name: `odd\04`, Plugged: true},
	}
	if got := plugged(mounts); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	if all := List(); len(all) == 0 || all[len(all)-1] != (Drive{Path: "/"}) {
		t.Errorf("%+v", all)
	}
}
