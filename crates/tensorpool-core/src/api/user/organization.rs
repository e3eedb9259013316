//! `GET /user/organization/info`

use crate::endpoint::{Endpoint, Meta};
use crate::extra::model;
use crate::model::Usd;

/// `GET /user/organization/info`: the organization the user belongs to (contract §7.8).
///
/// What a user without one gets is unknown; 404 is likely.
#[derive(Clone, Debug, Default)]
pub struct GetOrganization;

model! {
    /// An organization; its members share balance and resources (contract §7.8).
    struct Organization {
        required {
            /// Its name.
            org_name: String,
            /// Its members.
            members: Vec<Member>,
            /// Its balance, USD.
            balance: Usd,
        }
        optional {}
    }
}

model! {
    /// A member of an organization.
    struct Member {
        required {
            /// The user's id.
            uid: String,
            /// The user's email address.
            email: String,
        }
        optional {}
    }
}

impl Endpoint for GetOrganization {
    type Response = Organization;
    const META: &'static Meta = &Meta::get("user.organization", "/user/organization/info", "§7.8");
}
