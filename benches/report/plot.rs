//! A plot: a bar for each figure, its name on the left and the figure on the right.

use std::error::Error;

use claimgate_benches::measured::{Kind, Spread};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

pub(crate) struct Plot {
    pub(crate) title: String,
    pub(crate) bars: Vec<Bar>,
    /// How a figure is told.
    pub(crate) told: fn(f64) -> String,
}

pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) figure: Spread,
}

impl Plot {
    /// The plot as SVG. Its text is text, so that no font has to be installed where it is made.
    pub(crate) fn draw(&self) -> Result<String, Box<dyn Error>> {
        let height = HEAD + ROW * i32::try_from(self.bars.len())? + FOOT;
        let most = self.bars.iter().map(|bar| bar.figure.max).fold(f64::MIN_POSITIVE, f64::max);
        let place = |figure: f64| LEFT + to_pixels(figure.max(0.0) / most * f64::from(WIDTH - LEFT - RIGHT));
        let font = |size: i32| ("sans-serif", size).into_font().color(&INK);
        let mut svg = String::new();
        {
            let area = SVGBackend::with_string(&mut svg, (u32::try_from(WIDTH)?, u32::try_from(height)?))
                .into_drawing_area();
            // A page may be dark, and the ink is not light.
            area.fill(&WHITE)?;
            area.draw_text(&self.title, &font(20), (16, 14))?;
            for (row, bar) in (0..).zip(&self.bars) {
                let (top, bottom) = (HEAD + row * ROW + 4, HEAD + (row + 1) * ROW - 4);
                let middle = i32::midpoint(top, bottom);
                let end = place(bar.figure.median);
                let name = font(16).pos(Pos::new(HPos::Right, VPos::Center));
                area.draw_text(&bar.name, &name, (LEFT - 8, middle))?;
                area.draw(&Rectangle::new([(LEFT, top), (end, bottom)], color(bar.kind).filled()))?;
                let (low, high) = (place(bar.figure.min), place(bar.figure.max));
                area.draw(&PathElement::new([(low, middle), (high, middle)], INK.stroke_width(1)))?;
                let figure = font(16).pos(Pos::new(HPos::Left, VPos::Center));
                area.draw_text(&(self.told)(bar.figure.median), &figure, (end.max(high) + 8, middle))?;
            }
            area.present()?;
        }
        Ok(svg)
    }
}

fn color(kind: Kind) -> RGBColor {
    match kind {
        Kind::Bare => RGBColor(170, 176, 184),
        Kind::Ours => RGBColor(35, 122, 87),
        Kind::Peer => RGBColor(201, 140, 60),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "within a plot")]
fn to_pixels(length: f64) -> i32 {
    length.round() as i32
}

const INK: RGBColor = RGBColor(40, 44, 52);

// In pixels. Names are as long as those of crates are.
const WIDTH: i32 = 820;
const LEFT: i32 = 290;
const RIGHT: i32 = 100;
const HEAD: i32 = 46;
const ROW: i32 = 28;
const FOOT: i32 = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_figures_are_text() {
        let figure = Spread { median: 1234.0, min: 1200.0, max: 1300.0 };
        let bars = vec![Bar { name: "axum, bare".to_owned(), kind: Kind::Bare, figure }];
        let plot = Plot { title: "Requests".to_owned(), bars, told: |figure| format!("{figure:.0}") };
        let svg = plot.draw().unwrap();
        for text in ["Requests", "axum, bare", "1234"] {
            assert!(svg.lines().any(|line| line.trim() == text), "{text}: {svg}");
        }
    }
}
