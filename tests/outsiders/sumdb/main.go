// Checks a ledger of Sekisho with the packages of the Go checksum database, which this tree descends from:
// golang.org/x/mod/sumdb/note and golang.org/x/mod/sumdb/tlog. No code of Sekisho is used.
//
//	sumdb FOLDER LOGKEY [OLDNOTE]
//
// FOLDER holds `checkpoint` and `tile/`. Checks the signature, that the entries of the bundles are the leaves, an inclusion
// proof of each entry, and, for an older note, that the log only grew from there.
package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type head struct {
	size int64
	root tlog.Hash
}

// open verifies a note and reads the three lines of its checkpoint (C2SP tlog-checkpoint).
func open(path string, verifier note.Verifier) (head, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return head{}, err
	}
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return head{}, fmt.Errorf("%s: %w", path, err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() || lines[3] != "" {
		return head{}, errors.New("a checkpoint has three lines")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return head{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return head{size, root}, err
}

// path is the name of a tile in C2SP tlog-tiles: tile/<L>/<N>[.p/<W>], where Go writes tile/8/<L>/<N>.
func path(tile tlog.Tile) string {
	return strings.Replace(strings.Replace(tile.Path(), "tile/8/data/", "tile/entries/", 1), "tile/8/", "tile/", 1)
}

type tiles struct{ folder string }

func (t tiles) Height() int                         { return 8 }
func (t tiles) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (t tiles) ReadTiles(list []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range list {
		data, err := os.ReadFile(filepath.Join(t.folder, path(tile)))
		if err != nil {
			return nil, err
		}
		out = append(out, data)
	}
	return out, nil
}

// entries reads the bundles: a 16-bit length before each entry.
func entries(folder string, size int64) ([][]byte, error) {
	var out [][]byte
	for n := int64(0); n*256 < size; n++ {
		width := int(min(256, size-n*256))
		data, err := os.ReadFile(filepath.Join(folder, path(tlog.Tile{H: 8, L: -1, N: n, W: width})))
		if err != nil {
			return nil, err
		}
		for len(data) > 0 {
			if len(data) < 2 || len(data) < 2+int(data[0])<<8+int(data[1]) {
				return nil, errors.New("a bundle ends inside an entry")
			}
			end := 2 + int(data[0])<<8 + int(data[1])
			out = append(out, data[2:end])
			data = data[end:]
		}
	}
	if int64(len(out)) != size {
		return nil, fmt.Errorf("%d entries in the bundles, %d in the head", len(out), size)
	}
	return out, nil
}

func min(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}

func check(folder, key, old string) error {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return err
	}
	newest, err := open(filepath.Join(folder, "checkpoint"), verifier)
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tlog.Tree{N: newest.size, Hash: newest.root}, tiles{folder})
	list, err := entries(folder, newest.size)
	if err != nil {
		return err
	}
	for n, entry := range list {
		proof, err := tlog.ProveRecord(newest.size, int64(n), reader)
		if err != nil {
			return fmt.Errorf("entry %d: %w", n, err)
		}
		if err := tlog.CheckRecord(proof, newest.size, newest.root, int64(n), tlog.RecordHash(entry)); err != nil {
			return fmt.Errorf("entry %d: %w", n, err)
		}
	}
	if old != "" {
		older, err := open(old, verifier)
		if err != nil {
			return err
		}
		proof, err := tlog.ProveTree(newest.size, older.size, reader)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(proof, newest.size, newest.root, older.size, older.root); err != nil {
			return fmt.Errorf("growth from %d to %d: %w", older.size, newest.size, err)
		}
	}
	fmt.Printf("%d entries, root %s\n", newest.size, base64.StdEncoding.EncodeToString(newest.root[:]))
	return nil
}

func main() {
	old := ""
	if len(os.Args) == 4 {
		old = os.Args[3]
	} else if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: sumdb FOLDER LOGKEY [OLDNOTE]")
		os.Exit(2)
	}
	if err := check(os.Args[1], os.Args[2], old); err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(1)
	}
}
