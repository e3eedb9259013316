//! Reading a body: whole, up to a cap, or piece by piece.

use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tensorpool_client::Body;
use tensorpool_client::core::{Bytes, TransportError};

use crate::failure;

/// The whole body, or an error if it is longer than `max`: a body that was cut would be worse than none.
pub(crate) async fn collect(body: reqwest::Body, max: usize) -> Result<Bytes, TransportError> {
    match Limited::new(body, max).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(TransportError::other(format!("the answer is longer than {max} bytes")))
        }
        Err(error) => Err(match error.downcast::<reqwest::Error>() {
            Ok(error) => failure::of(*error),
            Err(error) => TransportError::interrupted("reading the answer").with_source(error),
        }),
    }
}

/// The body of an answer, piece by piece.
#[derive(Debug)]
pub struct ReqwestBody(pub(crate) reqwest::Body);

impl Body for ReqwestBody {
    async fn chunk(&mut self) -> Result<Option<Bytes>, TransportError> {
        loop {
            match self.0.frame().await {
                None => return Ok(None),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if !data.is_empty() => return Ok(Some(data)),
                    // Nothing, or trailers.
                    Ok(_) | Err(_) => {}
                },
                Some(Err(error)) => return Err(failure::of(error)),
            }
        }
    }
}
