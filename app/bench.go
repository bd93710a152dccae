package app

import (
	"context"
	"io"
	"io/fs"
	"time"

	"stipple/app/backup"
	"stipple/app/console"
	"stipple/app/store"
	"stipple/app/ui"
	"stipple/assets"
	"stipple/device"
)

// Bench is where a measuring program stands between the parts of the console,
// so that what it measures is the console as it is and not a copy (demo/rig).
// The console itself has none, and no option of the command line makes one.
// Every field may be nil.
type Bench struct {
	// Port wraps the port of each session.
	Port func(io.ReadWriteCloser) io.ReadWriteCloser
	// Window may wrap what the window is given.
	Window func(*ui.Config)
	// Limits stands in place of the limit library.
	Limits fs.FS
	// SignIn and Passphrase come in to a practice's store, in place of the window.
	SignIn, Passphrase string
	// Run runs beside each console until its context ends, which is before
	// anything else of it does.
	Run func(context.Context, Parts) error
}

// Parts are the parts of a console that is open.
type Parts struct {
	Desk  *console.Desk
	Link  *device.Supervisor
	Store *store.Store
	// Backup makes a backup in a folder, as made at a time, and reads it back. Nil where
	// nobody is signed in.
	Backup func(ctx context.Context, folder string, at time.Time) (made backup.Made, size int64, err error)
}

// parts are those of a console.
func (r *room) parts() Parts {
	p := Parts{Desk: r.desk, Link: r.link, Store: r.store}
	if who := r.who.Load(); who != nil {
		desk := &atDesk{entry: who, store: r.store}
		p.Backup = desk.backup
	}
	return p
}

// comeIn lets in whom the bench names; nil where it names nobody.
func (b *Bench) comeIn(d *door) (*entry, error) {
	if b == nil || b.SignIn == "" {
		return nil, nil
	}
	return d.signIn(b.SignIn, []byte(b.Passphrase))
}

// limits is the limit library's source.
func (b *Bench) limits() fs.FS {
	if b == nil || b.Limits == nil {
		return assets.Limits
	}
	return b.Limits
}

// wrap puts the bench between the session and what open opens.
func (b *Bench) wrap(open func(context.Context, device.Port) (io.ReadWriteCloser, error)) func(context.Context, device.Port) (io.ReadWriteCloser, error) {
	if b == nil || b.Port == nil {
		return open
	}
	return func(ctx context.Context, p device.Port) (io.ReadWriteCloser, error) {
		conn, err := open(ctx, p)
		if err != nil {
			return nil, err
		}
		return b.Port(conn), nil
	}
}
