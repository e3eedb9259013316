//! `GET /me`

use crate::endpoint::{Endpoint, Meta};
use crate::extra::model;

/// `GET /me`: the check of a token (contract §7.3, `authentication.md`).
#[derive(Clone, Debug, Default)]
pub struct GetMe;

model! {
    /// Whose token it is. The documentation says "your account information" and no more, so nothing is certain here.
    #[derive(Default)]
    struct Me {
        required {}
        optional {
            /// The user's id.
            uid: Option<String>["uid" | "user_id" | "id"],
            /// The user's email address.
            email: Option<String>,
        }
    }
}

impl Endpoint for GetMe {
    type Response = Me;
    const META: &'static Meta = &Meta::get("user.me", "/me", "§7.3").quick();
}
