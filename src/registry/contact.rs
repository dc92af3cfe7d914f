//! The first exchange with a registry that may speak plain HTTP: it carries nothing secret, and settles the scheme.

use reqwest::header::HeaderValue;
use reqwest::{Method, StatusCode, Url};

use crate::registry::answer::Answer;
use crate::registry::client::{Call, Client};
use crate::registry::endpoint::Scheme;
use crate::registry::no_answer::{NoAnswer, Trouble};
use crate::store::Error;

impl Client {
    /// Sends a call; the first one to a registry that may speak plain HTTP finds out whether it speaks TLS.
    pub(super) async fn first_contact(
        &self,
        call: &Call,
        url: Url,
        authorization: Option<&HeaderValue>,
    ) -> Result<Answer, Error> {
        // Another request may settle the scheme while this one is under way.
        let was_settled = self.endpoint().scheme().is_some();
        let outcome = self.follow(call, url, authorization).await;
        if was_settled {
            return outcome;
        }
        match outcome {
            Ok(mut answer) => {
                if !self.wants_tls(call, &mut answer).await? {
                    self.endpoint().settle(Scheme::Http);
                    if self.endpoint().headers().is_empty() {
                        return Ok(answer);
                    }
                    return self.follow(call, self.url_of(call)?, None).await;
                }
            }
            // Nothing listens there: no scheme would help.
            Err(error) if self.name().port().is_some() && is_refused(&error) => return Err(error),
            // It did answer, and sent us somewhere that failed: it speaks plain HTTP.
            Err(error) if self.has_answered() => {
                self.endpoint().settle(Scheme::Http);
                return Err(error);
            }
            // A server of HTTPS would have closed.
            Err(error) if is_silence(&error) => return Err(error),
            Err(error) => return self.try_tls(call, error).await,
        }
        self.endpoint().settle(Scheme::Https);
        self.follow(call, self.url_of(call)?, None).await
    }

    /// The connection broke before an answer came, as one of HTTPS does. If it speaks plain HTTP after all, only that
    /// answer was lost, and the next try asks once more.
    async fn try_tls(&self, call: &Call, plainly: Error) -> Result<Answer, Error> {
        self.endpoint().settle(Scheme::Https);
        let outcome = self.follow(call, self.url_of(call)?, None).await;
        let unanswered = outcome
            .as_ref()
            .err()
            .and_then(|error| error.cause().downcast_ref::<NoAnswer>());
        if unanswered.and_then(NoAnswer::trouble) == Some(Trouble::PlainHttp) {
            self.endpoint().unsettle();
            return Err(plainly);
        }
        outcome
    }

    /// Does an answer to plain HTTP say that HTTPS is wanted? One to a HEAD has no words to say so, and is asked for them.
    async fn wants_tls(&self, call: &Call, answer: &mut Answer) -> Result<bool, Error> {
        if self.has_moved_to_tls(answer.url()) {
            return Ok(true);
        }
        if call.method != Method::HEAD || answer.status() != StatusCode::BAD_REQUEST {
            return Ok(answer.wants_tls().await);
        }
        let question = Call::new(Method::GET, "/v2/");
        let mut said = self.follow(&question, self.endpoint().url("/v2/")?, None).await?;
        Ok(said.wants_tls().await)
    }

    /// Does a plain registry do nothing but send everybody to its HTTPS?
    fn has_moved_to_tls(&self, answered: &Url) -> bool {
        let same_host = answered.host_str() == Some(self.name().host());
        let port = self.name().port().unwrap_or(443);
        answered.scheme() == "https" && same_host && answered.port_or_known_default() == Some(port)
    }
}

fn is_refused(error: &Error) -> bool {
    error.cause().to_string().contains("refused")
}

fn is_silence(error: &Error) -> bool {
    error.cause().downcast_ref::<NoAnswer>().is_some_and(NoAnswer::is_silence)
}
