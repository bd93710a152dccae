package chart

import (
	"flag"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"
)

const second = int64(1_000_000)

// pictures is a folder to write pictures to, for a look at them.
var pictures = flag.String("pictures", "", "write pictures of charts to this folder")

var (
	ground = color.RGBA{R: 16, G: 26, B: 32, A: 255}
	green  = color.RGBA{R: 67, G: 198, B: 176, A: 255}
	amber  = color.RGBA{R: 242, G: 177, B: 52, A: 255}
	grey   = color.RGBA{R: 147, G: 167, B: 181, A: 255}
)

func config() Config {
	return Config{
		Low: 0, High: 1000, Window: 10 * second, Blank: 10, LineWidth: 2,
		Ground: ground, Trace: green, Cursor: grey,
		Levels: []Level{{Value: 750, Color: amber, On: 5, Off: 4}},
	}
}

// strokes is a full window of 200 Hz data: pulses with a noisy top.
func strokes() *Series {
	s := NewSeries(2000, second/4)
	for i := range int64(2000) {
		v := int32(60)
		if i%200 < 120 {
			v = 740 + int32(i*37%11)
		}
		s.Add(i*5000+1, v)
	}
	return s
}

func at(img *image.RGBA, x, y int) color.RGBA { return img.RGBAAt(x, y) }

func TestARedrawAllocatesNothing(t *testing.T) {
	strip, series := NewStrip(config()), strokes()
	img := image.NewRGBA(image.Rect(0, 0, 800, 160))
	now := 10 * second
	if n := testing.AllocsPerRun(20, func() {
		strip.Draw(img, series, now)
		now += 33_000
	}); n != 0 {
		t.Errorf("%v allocations a redraw", n)
	}
}

func TestTheTraceStandsWhereItsValuesAre(t *testing.T) {
	series := NewSeries(100, second)
	for i := range int64(50) { // the first 5 s at 25 %
		series.Add(i*second/10+1, 250)
	}
	img := image.NewRGBA(image.Rect(0, 0, 200, 102))
	NewStrip(config()).Draw(img, series, 5*second)
	if got := at(img, 50, 76); got != green {
		t.Errorf("no trace at a quarter of the height: %v", got)
	}
	for _, y := range []int{70, 73, 78, 90} {
		if got := at(img, 50, y); got != ground {
			t.Errorf("something at y %d: %v", y, got)
		}
	}
	if got := at(img, 150, 76); got != ground {
		t.Errorf("a trace where there is no data: %v", got)
	}
	if got := at(img, 100, 10); got == ground || got == green {
		t.Errorf("no cursor at now: %v", got)
	}
}

func TestALineIsTwoPixelsWideUpAndAcross(t *testing.T) {
	series := NewSeries(10, second)
	series.Add(5*second, 100)
	series.Add(5*second+1, 900)
	img := image.NewRGBA(image.Rect(0, 0, 200, 100))
	cfg := config()
	cfg.Levels, cfg.Blank, cfg.Cursor = nil, 0, ground
	NewStrip(cfg).Draw(img, series, 9*second)
	var ink float64
	for x := range 200 {
		ink += float64(int(at(img, x, 50).G)-int(ground.G)) / float64(int(green.G)-int(ground.G))
	}
	if math.Abs(ink-2) > 0.1 {
		t.Errorf("a vertical line is %.2f pixels wide", ink)
	}
	series.Clear()
	series.Add(1*second, 505)
	series.Add(2*second, 505)
	NewStrip(cfg).Draw(img, series, 9*second)
	ink = 0
	for y := range 100 {
		ink += float64(int(at(img, 30, y).G)-int(ground.G)) / float64(int(green.G)-int(ground.G))
	}
	if math.Abs(ink-2) > 0.1 {
		t.Errorf("a horizontal line is %.2f pixels wide", ink)
	}
}

func TestMissingDataIsAGap(t *testing.T) {
	cases := []struct {
		name  string
		pause int64
		cut   bool
		gap   bool
	}{
		{"samples in step are joined", second / 5, false, false},
		{"a long pause is a gap", 2 * second, false, true},
		{"a break is a gap", second / 5, true, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			series := NewSeries(10, second/4)
			series.Add(4*second, 500)
			if c.cut {
				series.Break()
			}
			series.Add(4*second+c.pause, 500)
			img := image.NewRGBA(image.Rect(0, 0, 1000, 101))
			cfg := config()
			cfg.Levels = nil
			NewStrip(cfg).Draw(img, series, 8*second)
			middle := int((4*second + c.pause/2) / 10_000)
			if got := at(img, middle, 50) == ground; got != c.gap {
				t.Errorf("gap = %v, want %v", got, c.gap)
			}
		})
	}
}

func TestTheSweepLeavesABlankAheadAndTheOldBehindIt(t *testing.T) {
	series := NewSeries(200, second)
	for i := range int64(150) { // 15 s: the second sweep is half done
		series.Add(i*second/10, 500)
	}
	img := image.NewRGBA(image.Rect(0, 0, 200, 101))
	NewStrip(config()).Draw(img, series, 14_900_000)
	if got := at(img, 50, 50); got != green {
		t.Errorf("the new sweep is missing: %v", got)
	}
	if got := at(img, 103, 50); got != ground {
		t.Errorf("no blank ahead of the cursor: %v", got)
	}
	if got := at(img, 150, 50); got != green {
		t.Errorf("the old sweep is missing: %v", got)
	}
}

func TestLimitsAreDashed(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 90, 102))
	NewStrip(config()).Draw(img, NewSeries(2, 1), 0)
	on := 0
	for x := 1; x < 90; x++ {
		if at(img, x, 26) == amber {
			on++
		}
	}
	if on < 45 || on > 54 {
		t.Errorf("%d of 89 pixels of a 5:4 dash are on", on)
	}
}

func TestSamplesAheadOfNowMoveTheCursor(t *testing.T) {
	series := NewSeries(10, second)
	series.Add(5*second, 500)
	img := image.NewRGBA(image.Rect(0, 0, 100, 50))
	NewStrip(config()).Draw(img, series, 0)
	if at(img, 50, 5) == ground {
		t.Error("the cursor stayed behind the newest sample")
	}
}

func TestAnEarlierTimeStartsTheSeriesAnew(t *testing.T) {
	s := NewSeries(10, second)
	s.Add(100, 1)
	s.Add(200, 2)
	s.Add(50, 3)
	if s.Len() != 1 {
		t.Fatalf("%d samples after the clock began anew", s.Len())
	}
	if last, ok := s.Last(); !ok || last != (Sample{50, 3}) {
		t.Fatalf("last %v %v", last, ok)
	}
}

func TestTheRingKeepsTheNewest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		capacity := rapid.IntRange(2, 20).Draw(t, "capacity")
		n := rapid.IntRange(1, 60).Draw(t, "n")
		s := NewSeries(capacity, 10)
		for i := range n {
			s.Add(int64(i), int32(i))
		}
		if s.Len() != min(n, capacity) {
			t.Fatalf("%d samples", s.Len())
		}
		for i := range s.n {
			if want := int64(n - s.n + i); s.at(i).At != want {
				t.Fatalf("sample %d is of %d, want %d", i, s.at(i).At, want)
			}
		}
		cut := rapid.Int64Range(-1, 61).Draw(t, "cut")
		i := s.firstAfter(cut)
		if i > 0 && s.at(i-1).At > cut || i < s.n && s.at(i).At <= cut {
			t.Fatalf("firstAfter(%d) = %d", cut, i)
		}
	})
}

func TestNoInputDrawsOutsideThePicture(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := config()
		cfg.Low, cfg.High = rapid.Int32().Draw(t, "low"), rapid.Int32().Draw(t, "high")
		if cfg.Low == math.MaxInt32 {
			cfg.Low--
		}
		cfg.Window = rapid.Int64Range(-5, 1<<40).Draw(t, "window")
		cfg.Blank = rapid.IntRange(0, 50).Draw(t, "blank")
		cfg.LineWidth = rapid.Float64Range(0, 9).Draw(t, "width")
		w, h := rapid.IntRange(1, 40).Draw(t, "w"), rapid.IntRange(1, 40).Draw(t, "h")
		// A picture inside a picture shows whether anything is written beside it.
		outer := image.NewRGBA(image.Rect(0, 0, w+2, h+2))
		inner := outer.SubImage(image.Rect(1, 1, w+1, h+1)).(*image.RGBA)
		s := NewSeries(32, cfg.Window/4)
		for range rapid.IntRange(0, 40).Draw(t, "n") {
			s.Add(rapid.Int64Range(-1<<40, 1<<40).Draw(t, "at"), rapid.Int32().Draw(t, "v"))
		}
		NewStrip(cfg).Draw(inner, s, rapid.Int64Range(-1<<40, 1<<40).Draw(t, "now"))
		for x := range w + 2 {
			if outer.RGBAAt(x, 0).A != 0 || outer.RGBAAt(x, h+1).A != 0 {
				t.Fatal("drawn above or below the picture")
			}
		}
		for y := range h + 2 {
			if outer.RGBAAt(0, y).A != 0 || outer.RGBAAt(w+1, y).A != 0 {
				t.Fatal("drawn beside the picture")
			}
		}
	})
}

func TestALineWiderThanThePicture(t *testing.T) {
	cfg := config()
	cfg.LineWidth, cfg.Blank = 5, 0
	cfg.Levels = []Level{{Value: 0, Color: amber}, {Value: 1000, Color: amber}}
	series := NewSeries(4, second)
	series.Add(4*second, 0)
	series.Add(5*second, 1000)
	img := image.NewRGBA(image.Rect(0, 0, 3, 1))
	NewStrip(cfg).Draw(img, series, 9*second)
	if at(img, 1, 0) != green {
		t.Errorf("the line is missing: %v", at(img, 1, 0))
	}
}

func TestPictures(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 262, 62))
	NewStrip(config()).Draw(img, strokes(), 16_700_000)
	if *pictures == "" {
		return
	}
	f, err := os.Create(filepath.Join(*pictures, "strip.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkRedraw(b *testing.B) {
	strip, series := NewStrip(config()), strokes()
	img := image.NewRGBA(image.Rect(0, 0, 800, 160))
	strip.Draw(img, series, 10*second)
	b.ReportAllocs()
	for b.Loop() {
		strip.Draw(img, series, 10*second)
	}
}

// BenchmarkRedrawNoise is the worst case: every column is full.
func BenchmarkRedrawNoise(b *testing.B) {
	strip, series := NewStrip(config()), NewSeries(2000, second)
	for i := range int64(2000) {
		series.Add(i*5000+1, int32(i%2*1000))
	}
	img := image.NewRGBA(image.Rect(0, 0, 800, 160))
	strip.Draw(img, series, 10*second)
	b.ReportAllocs()
	for b.Loop() {
		strip.Draw(img, series, 10*second)
	}
}

// Two STATUS frames in one read of the port have the same time of arrival;
// that is no reason to forget what came before.
func TestSamplesOfOneTimeAreKept(t *testing.T) {
	s := NewSeries(100, 1000)
	for i := range int64(10) {
		for range 3 {
			s.Add(5000*i, 1)
		}
	}
	if got := s.Len(); got != 30 {
		t.Errorf("%d samples kept, want 30", got)
	}
}
