package protocol

import "math/bits"

// Consistent Overhead Byte Stuffing (Cheshire and Baker, 1999) replaces each
// zero byte by the distance to the next one: a code byte n stands before n-1
// bytes that are not zero and for one zero after them. Code 255 stands before
// 254 bytes and for no zero; the last group's zero is not part of the data.

const (
	// fullCode is the code of a group of 254 bytes that no zero follows.
	fullCode = 0xFF
	// maxStuffing is how many bytes COBS adds to a raw frame of MaxRaw bytes:
	// one code byte at the front and one more after each 254 bytes without a
	// zero.
	maxStuffing = 1 + MaxRaw/(fullCode-1)
	// lowBits masks the lower seven bits of eight bytes at once.
	lowBits = 0x7F7F7F7F7F7F7F7F
)

// appendCOBS appends src to dst with every zero byte stuffed, without
// delimiters. It handles any length; stuffInPlace is the quick way for short
// ones.
func appendCOBS(dst, src []byte) []byte {
	code := len(dst)
	dst = append(dst, 0)
	n := byte(1)
	for _, b := range src {
		if n == fullCode {
			dst[code] = n
			code = len(dst)
			dst = append(dst, 0)
			n = 1
		}
		if b == 0 {
			dst[code] = n
			code = len(dst)
			dst = append(dst, 0)
			n = 1
			continue
		}
		dst = append(dst, b)
		n++
	}
	dst[code] = n
	return dst
}

// stuffInPlace stuffs b[1:], with b[0] free for the first code byte. Up to 254
// bytes of data need no code byte but the first, so nothing has to move: each
// zero becomes the distance to the next. b must not be longer than 255.
func stuffInPlace(b []byte) {
	code := 0 // where the open group's code byte stands
	i := 1
	for ; i+8 <= len(b); i += 8 {
		w := le.Uint64(b[i:])
		// Bit 7 of each byte that is zero, and no other bit.
		zeros := ^((w&lowBits + lowBits) | w | lowBits)
		for zeros != 0 {
			p := i + bits.TrailingZeros64(zeros)/8
			b[code] = byte(p - code)
			code = p
			zeros &= zeros - 1
		}
	}
	for ; i < len(b); i++ {
		if b[i] == 0 {
			b[code] = byte(i - code)
			code = i
		}
	}
	b[code] = byte(len(b) - code)
}

// decodeCOBS undoes appendCOBS in place and returns the data, which lies
// within b. b must hold no zero byte: the first one has ended the frame. It
// accepts exactly one encoding of each data, the one that appendCOBS makes, so
// a full group that ends the data may not be followed by an empty one.
//
// Every data byte already stands one behind its place, so the walk from code
// to code only has to put the zeros back. Only a full group's successor has a
// code byte that stands for nothing and is closed up.
func decodeCOBS(b []byte) ([]byte, error) {
	p := 0
	for p < len(b) {
		n := b[p]
		b[p] = 0
		switch n {
		case 1:
			// Zeros come in runs. The branch lets the processor go on with the
			// next byte before it knows this one.
			p++
			continue
		case 0:
			return nil, ErrCOBS
		case fullCode:
			var err error
			if b, p, err = closeGaps(b, p+fullCode); err != nil {
				return nil, err
			}
			continue
		}
		p += int(n)
	}
	if p != len(b) || p == 0 {
		return nil, ErrCOBS
	}
	return b[1:], nil
}

// closeGaps closes up the code byte at b[p], which follows a full group, and
// returns the shortened b with the place of the next code byte that stands for
// a zero.
func closeGaps(b []byte, p int) ([]byte, int, error) {
	for p < len(b) {
		n := int(b[p])
		if n == 0 || n == 1 && p+1 == len(b) {
			return nil, 0, ErrCOBS
		}
		b = b[:p+copy(b[p:], b[p+1:])]
		p += n - 1
		if n != fullCode {
			break
		}
	}
	return b, p, nil
}
