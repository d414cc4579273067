use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::Interval;

/// The body of an answer, well or badly behaved.
pub(super) enum ReplyBody {
    Whole(Bytes),
    Trickle { rest: Bytes, ticks: Interval },
    Padded { head: Bytes, padding: u64, declared: bool },
    Stalled { promised: u64 },
}

impl ReplyBody {
    pub(super) fn padded(head: Bytes, total: u64, declared: bool) -> Self {
        let padding = total.saturating_sub(head.len() as u64);
        Self::Padded { head, padding, declared }
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let chunk = match self.get_mut() {
            Self::Whole(bytes) => std::mem::take(bytes),
            Self::Trickle { rest, .. } if rest.is_empty() => return Poll::Ready(None),
            Self::Trickle { rest, ticks } => {
                ready!(ticks.poll_tick(cx));
                rest.split_to(1)
            }
            Self::Padded { head, .. } if !head.is_empty() => std::mem::take(head),
            Self::Padded { padding, .. } => {
                let spaces = usize::try_from(*padding).map_or(SPACES.len(), |left| left.min(SPACES.len()));
                *padding -= spaces as u64;
                Bytes::from_static(SPACES).slice(..spaces)
            }
            Self::Stalled { .. } => return Poll::Pending,
        };
        Poll::Ready((!chunk.is_empty()).then(|| Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Padded { head, padding, declared: true } => {
                SizeHint::with_exact((head.len() as u64).saturating_add(*padding))
            }
            Self::Stalled { promised } => SizeHint::with_exact(*promised),
            Self::Trickle { .. } | Self::Padded { .. } => SizeHint::default(),
        }
    }
}

const SPACES: &[u8] = &[b' '; 16 * 1024];
