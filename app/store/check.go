package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"

	bolt "go.etcd.io/bbolt"

	"stipple/app/coded"
)

// The form of a bbolt file, version 2, as far as the check needs it (bbolt
// v1.5.0, internal/common: page.go, meta.go, bucket.go). Numbers are in the
// machine's own byte order.
const (
	boltMagic   = 0xED0CDAED
	boltVersion = 2

	pageHeader    = 16 // id 8, flags 2, count 2, overflow 4
	elementHeader = 16 // of a branch: pos 4, ksize 4, page 8; of a leaf: flags 4, pos 4, ksize 4, vsize 4
	bucketHeader  = 16 // root page 8, sequence 8
	metaLen       = 64 // magic 4 to checksum 8
	metaSummed    = 56 // what the checksum covers

	branchPage   = 0x01
	leafPage     = 0x02
	freelistPage = 0x10

	leafIsBucket = 0x01

	noFreelist = ^uint64(0) // the free pages are not written
	longCount  = 0xFFFF     // a freelist's count stands in its first entry

	minPageSize = 1 << 10
	maxPageSize = 1 << 24 // bbolt looks for its second meta page up to here
	// maxTreeDepth: a tree of pages with two keys each for 2^64 keys.
	maxTreeDepth = 64
	// maxRunBytes bounds one run of pages that is read at once: a freelist of
	// 64 GiB of free pages of 4 KiB.
	maxRunBytes = 128 << 20
)

// inspect reads the file at path under a shared lock, so that nobody writes, and
// checks that its pages form trees that stay inside the file.
//
// bbolt itself trusts its pages: a page number with a flipped bit can lead it
// round in a circle until the stack overflows, which no recover catches, or let
// it write over live pages. So the check comes first, and by its own reading.
func inspect(path string) error {
	var db *bolt.DB
	var file *os.File
	err := guard(func() (err error) {
		db, err = bolt.Open(path, fileMode, &bolt.Options{
			Timeout: lockWait, ReadOnly: true,
			OpenFile: func(name string, flag int, mode os.FileMode) (f *os.File, err error) {
				file, err = os.OpenFile(name, flag, mode)
				return file, err
			},
		})
		return err
	})
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %w", ErrNoAccess, err)
	case err != nil:
		if db == nil && file != nil {
			_ = file.Close() // after a panic; closing twice does no harm
		}
		return unreadable(err)
	}
	info, err := file.Stat()
	if err == nil {
		err = checkPages(file, info.Size())
	}
	return classify(errors.Join(err, guard(db.Close)))
}

// unreadable classifies an error of bbolt's Open on a file that exists: what
// does not come from the system is damage.
func unreadable(err error) error {
	var sys interface{ Timeout() bool } // syscall.Errno and fs.PathError have it
	c := classify(err)
	if coded.Of(c) != "" || errors.As(err, &sys) {
		return c
	}
	return damaged("%w", err)
}

// pageChecker walks all pages that a file's newest meta page leads to.
type pageChecker struct {
	r        io.ReaderAt
	pageSize uint64
	high     uint64 // pages from here on are not in use
	seen     []uint64
}

// checkPages reads the whole file of so many bytes. It returns ErrDamaged for
// any page that is used twice, lies outside or does not hold what its place asks
// for. It does not open values; the seal does that when they are read.
func checkPages(r io.ReaderAt, size int64) error {
	m, err := newestMeta(r, size)
	if err != nil {
		return err
	}
	if m.high > uint64(size)/m.pageSize {
		return damaged("the file is cut off: %d bytes, %d pages of %d in use", size, m.high, m.pageSize)
	}
	c := &pageChecker{r: r, pageSize: m.pageSize, high: m.high, seen: make([]uint64, m.high/64+1)}
	if err := c.tree(m.root, nil, nil, 0); err != nil {
		return err
	}
	if m.freelist == noFreelist {
		return nil
	}
	return c.freelist(m.freelist)
}

type meta struct{ pageSize, root, freelist, high, txid uint64 }

// newestMeta finds the meta page that bbolt will go by: the valid one with the
// higher transaction number.
func newestMeta(r io.ReaderAt, size int64) (meta, error) {
	first, ok := readMeta(r, 0)
	pageSize := first.pageSize
	if !ok {
		for pageSize = minPageSize; pageSize <= maxPageSize && int64(pageSize) < size; pageSize *= 2 {
			if m, ok := readMeta(r, int64(pageSize)); ok && m.pageSize == pageSize {
				return m, nil
			}
		}
		return meta{}, damaged("neither meta page is valid")
	}
	second, ok := readMeta(r, int64(pageSize))
	if ok && second.pageSize == pageSize && second.txid > first.txid {
		return second, nil
	}
	return first, nil
}

func readMeta(r io.ReaderAt, page int64) (meta, bool) {
	var b [metaLen]byte
	if _, err := r.ReadAt(b[:], page+pageHeader); err != nil {
		return meta{}, false
	}
	u32, u64 := binary.NativeEndian.Uint32, binary.NativeEndian.Uint64
	sum := fnv.New64a()
	_, _ = sum.Write(b[:metaSummed])
	m := meta{
		pageSize: uint64(u32(b[8:])), root: u64(b[16:]), freelist: u64(b[32:]), high: u64(b[40:]), txid: u64(b[48:]),
	}
	valid := u32(b[0:]) == boltMagic && u32(b[4:]) == boltVersion && u64(b[56:]) == sum.Sum64() &&
		m.pageSize >= minPageSize && m.pageSize <= maxPageSize && m.pageSize&(m.pageSize-1) == 0
	return m, valid
}

// page is a run of pages: a page with those that it overflows to.
type page struct {
	flags uint16
	count int
	data  []byte // with the header: positions count from elements within it
}

// read reads the run that begins at id and marks its pages as used.
func (c *pageChecker) read(id uint64) (page, error) {
	if id < 2 || id >= c.high {
		return page{}, damaged("page %d lies outside", id)
	}
	// Nearly every run is one page: it is read at once with its header.
	data := make([]byte, c.pageSize)
	if _, err := c.r.ReadAt(data, int64(id*c.pageSize)); err != nil {
		return page{}, damaged("page %d: %w", id, err)
	}
	more := uint64(binary.NativeEndian.Uint32(data[12:]))
	switch {
	case binary.NativeEndian.Uint64(data) != id:
		return page{}, damaged("page %d carries another number", id)
	case more >= c.high-id, (more+1)*c.pageSize > maxRunBytes:
		return page{}, damaged("page %d is too long", id)
	}
	for n := id; n <= id+more; n++ {
		if !c.use(n) {
			return page{}, damaged("page %d is used twice", n)
		}
	}
	if more > 0 {
		data = append(data, make([]byte, more*c.pageSize)...)
		if _, err := c.r.ReadAt(data[c.pageSize:], int64((id+1)*c.pageSize)); err != nil {
			return page{}, damaged("page %d: %w", id, err)
		}
	}
	return page{
		flags: binary.NativeEndian.Uint16(data[8:]), count: int(binary.NativeEndian.Uint16(data[10:])), data: data,
	}, nil
}

// use marks a page; false if it was marked already.
func (c *pageChecker) use(id uint64) bool {
	bit := uint64(1) << (id % 64)
	if c.seen[id/64]&bit != 0 {
		return false
	}
	c.seen[id/64] |= bit
	return true
}

// tree checks the tree of a bucket whose root is the given page. Its keys lie in
// [from, to); nil is no bound. A key outside would never be found again.
func (c *pageChecker) tree(root uint64, from, to []byte, depth int) error {
	if depth > maxTreeDepth {
		return damaged("page %d lies too deep", root)
	}
	p, err := c.read(root)
	if err != nil {
		return err
	}
	switch p.flags {
	case leafPage:
		return c.leaf(p, from, to, depth)
	case branchPage:
		return c.branch(p, from, to, depth)
	}
	return damaged("page %d is neither branch nor leaf", root)
}

func (c *pageChecker) branch(p page, from, to []byte, depth int) error {
	if p.count == 0 {
		return damaged("branch page without children")
	}
	data := p.table()
	k, child, err := p.child(0, &data)
	for i := range p.count {
		if err != nil {
			return err
		}
		if !inside(k, from, to) {
			return damaged("branch page: keys out of order")
		}
		end, next, nextChild := to, []byte(nil), uint64(0)
		if i+1 < p.count {
			next, nextChild, err = p.child(i+1, &data)
			end = next
		}
		if err != nil {
			return err
		}
		if err := c.tree(child, k, end, depth+1); err != nil {
			return err
		}
		from, k, child = k, next, nextChild
	}
	return nil
}

// child is a branch page's element: the lowest key below it, and its page.
func (p page) child(i int, data *int) (k []byte, id uint64, err error) {
	at := pageHeader + i*elementHeader
	if at+elementHeader > len(p.data) {
		return nil, 0, damaged("branch page: element %d lies outside", i)
	}
	e := p.data[at:]
	k, err = p.take(at, binary.NativeEndian.Uint32(e), uint64(binary.NativeEndian.Uint32(e[4:])), data)
	return k, binary.NativeEndian.Uint64(e[8:]), err
}

// inside says whether a key lies in [from, to), where nil is no bound.
func inside(k, from, to []byte) bool {
	return (from == nil || bytes.Compare(k, from) >= 0) && (to == nil || bytes.Compare(k, to) < 0)
}

func (c *pageChecker) leaf(p page, from, to []byte, depth int) error {
	if p.count == 0 && !p.blank() {
		return damaged("leaf page: its elements are not counted")
	}
	var before []byte
	data := p.table()
	for i := range p.count {
		at := pageHeader + i*elementHeader
		if at+elementHeader > len(p.data) {
			return damaged("leaf page: element %d lies outside", i)
		}
		e := p.data[at:]
		flags, pos := binary.NativeEndian.Uint32(e), binary.NativeEndian.Uint32(e[4:])
		ksize, vsize := binary.NativeEndian.Uint32(e[8:]), binary.NativeEndian.Uint32(e[12:])
		kv, err := p.take(at, pos, uint64(ksize)+uint64(vsize), &data)
		if err != nil {
			return err
		}
		k, v := kv[:ksize], kv[ksize:]
		switch {
		case len(k) == 0, !inside(k, from, to), i > 0 && bytes.Compare(before, k) >= 0:
			return damaged("leaf page: keys out of order")
		case flags > leafIsBucket:
			return damaged("leaf page: unknown flags")
		}
		before = k
		if flags == leafIsBucket {
			if err := c.bucket(v, depth); err != nil {
				return err
			}
		}
	}
	return nil
}

// table is where the data of a page's elements begins: behind their table.
func (p page) table() int { return pageHeader + p.count*elementHeader }

// take is the data of the element at a position. bbolt writes the data of all
// elements without a gap in their order; a count that lost a bit, which would
// hide records, shows as a gap.
func (p page) take(at int, pos uint32, size uint64, data *int) ([]byte, error) {
	from := *data
	if uint64(at)+uint64(pos) != uint64(from) || from > len(p.data) || size > uint64(len(p.data)-from) {
		return nil, damaged("element points to data that is not its own")
	}
	*data += int(size)
	return p.data[from:*data], nil
}

// blank says whether nothing stands where the first element would. bbolt clears
// a page before it writes one.
func (p page) blank() bool {
	for _, b := range p.data[pageHeader:min(len(p.data), pageHeader+elementHeader)] {
		if b != 0 {
			return false
		}
	}
	return true
}

// bucket checks a bucket: its own tree, or the one page that is stored inline.
func (c *pageChecker) bucket(v []byte, depth int) error {
	if len(v) < bucketHeader {
		return damaged("bucket cut off")
	}
	if root := binary.NativeEndian.Uint64(v); root != 0 {
		return c.tree(root, nil, nil, depth+1)
	}
	v = v[bucketHeader:]
	if len(v) < pageHeader {
		return damaged("inline bucket cut off")
	}
	p := page{flags: binary.NativeEndian.Uint16(v[8:]), count: int(binary.NativeEndian.Uint16(v[10:])), data: v}
	if p.flags != leafPage || depth >= maxTreeDepth {
		return damaged("inline bucket is not a leaf")
	}
	return c.leaf(p, nil, nil, depth+1)
}

// freelist checks that no page counts as free that is in use, since the next
// write would go over it.
func (c *pageChecker) freelist(id uint64) error {
	p, err := c.read(id)
	if err != nil {
		return err
	}
	if p.flags != freelistPage {
		return damaged("page %d is not the list of free pages", id)
	}
	ids, n := p.data[pageHeader:], uint64(p.count)
	if n == longCount {
		n, ids = binary.NativeEndian.Uint64(ids), ids[8:]
	}
	if n > uint64(len(ids))/8 {
		return damaged("the list of free pages is cut off")
	}
	for i := range n {
		free := binary.NativeEndian.Uint64(ids[8*i:])
		if free < 2 || free >= c.high || !c.use(free) {
			return damaged("page %d is free and in use", free)
		}
	}
	return nil
}
