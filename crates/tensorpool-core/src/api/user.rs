//! The account: who the token belongs to, preferences, organization.

mod edit_preferences;
mod info;
mod me;
mod organization;
mod preferences;

pub use edit_preferences::EditPreferences;
pub use info::{GetUserInfo, UserInfo};
pub use me::{GetMe, Me};
pub use organization::{GetOrganization, Member, Organization};
pub use preferences::{GetPreferences, Preferences};
