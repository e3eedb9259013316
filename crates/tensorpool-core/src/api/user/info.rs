//! `GET /user/info`

use crate::endpoint::{Endpoint, Meta};
use crate::extra::model;

/// `GET /user/info`: the text `tp me` prints (contract §7.2).
#[derive(Clone, Debug, Default)]
pub struct GetUserInfo;

model! {
    /// The account as text; other fields are unknown.
    #[derive(Default)]
    struct UserInfo {
        required {}
        optional {
            /// The text.
            message: Option<String>,
        }
    }
}

impl Endpoint for GetUserInfo {
    type Response = UserInfo;
    const META: &'static Meta = &Meta::get("user.info", "/user/info", "§7.2");
}
