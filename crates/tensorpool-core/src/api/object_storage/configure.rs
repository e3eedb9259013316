//! `GET /object-storage/configure/{aws,rclone}`: ready-made configuration for other programs.

use crate::endpoint::{Endpoint, Meta};
use crate::extra::model;
use crate::redact::Redacted;

/// `GET /object-storage/configure/aws`: sections for the AWS command line (contract §6).
#[derive(Clone, Debug, Default)]
pub struct ConfigureAws;

model! {
    secret
    /// Sections for `~/.aws/credentials` and `~/.aws/config`.
    #[derive(Default)]
    struct AwsConfig {
        required {}
        optional {
            /// The profile's name; `tp` where the server says none.
            profile_name: Option<String>,
            /// The section for `~/.aws/credentials`.
            credentials_file: Option<Redacted<String>>,
            /// The section for `~/.aws/config`.
            config_file: Option<String>,
            /// Where the storage is, a URL.
            endpoint: Option<String>,
            /// What the server has to say.
            message: Option<String>,
        }
    }
}

impl Endpoint for ConfigureAws {
    type Response = AwsConfig;
    const META: &'static Meta =
        &Meta::get("object_storage.configure_aws", "/object-storage/configure/aws", "§6").secret();
}

/// `GET /object-storage/configure/rclone`: a section for rclone (contract §6). rclone then needs `--ignore-checksum`.
#[derive(Clone, Debug, Default)]
pub struct ConfigureRclone;

model! {
    secret
    /// A section for `rclone.conf`.
    #[derive(Default)]
    struct RcloneConfig {
        required {}
        optional {
            /// The remote's name; `tp` where the server says none.
            remote_name: Option<String>,
            /// The section.
            rclone_config: Option<Redacted<String>>,
            /// What the server has to say.
            message: Option<String>,
        }
    }
}

impl Endpoint for ConfigureRclone {
    type Response = RcloneConfig;
    const META: &'static Meta =
        &Meta::get("object_storage.configure_rclone", "/object-storage/configure/rclone", "§6").secret();
}
