package transfer

import (
	"errors"
	"fmt"

	"mscp/internal/bytepath"
	"mscp/internal/fsys"
)

// --fsync on a file system or a server that has no such thing costs a notice: the copy is as durable as it can be there. A sync that
// was tried and failed fails its file (docs/design/attributes.md).

// syncer is a Remote that knows whether it can put files on stable storage.
type syncer interface{ CanSync() bool }

// dirSyncer is a file system that can put a directory's names on stable storage. SFTP has no request for it.
type dirSyncer interface{ SyncDir(name string) error }

// syncFile puts a file on stable storage where --fsync asks for it. A server that cannot is not asked to open the file, which it might
// empty.
func (e *engine) syncFile(dst fsys.FS, name string) error {
	if !e.Sync {
		return nil
	}
	if !keepsFiles(dst) {
		e.cannotSync("the server cannot put files on stable storage (no fsync@openssh.com)")
		return nil
	}
	h, err := dst.Edit(name)
	if err != nil {
		return err
	}
	err = e.syncResult(h.Sync())
	if cerr := h.Close(); err == nil {
		err = cerr
	}
	return err
}

// syncDir puts the name of a file on stable storage.
func (e *engine) syncDir(dst fsys.FS, name string) error {
	d, ok := dst.(dirSyncer)
	if !ok || !e.Sync {
		return nil
	}
	return e.syncResult(d.SyncDir(bytepath.Dir(name)))
}

func (e *engine) syncResult(err error) error {
	if !errors.Is(err, fsys.ErrUnsupported) {
		return err
	}
	e.cannotSync(fmt.Sprintf("the destination cannot put files, or their names, on stable storage: %v", err))
	return nil
}

func (e *engine) cannotSync(text string) { e.noSync.Do(func() { e.Observer.Notice(text) }) }
