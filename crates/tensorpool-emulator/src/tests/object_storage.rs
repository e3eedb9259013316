//! Object storage and its buckets.

use tensorpool_core::api::object_storage::*;

use super::Lab;

#[test]
fn it_is_turned_on_used_and_turned_off() {
    let mut lab = Lab::new();
    assert!(lab.call(GetCredentials).unwrap_err().is_not_found());
    assert!(lab.call(ListBuckets).unwrap_err().is_not_found());
    let issued = lab.call(EnableObjectStorage).unwrap().credentials().unwrap();
    assert_eq!(lab.status(EnableObjectStorage), 409);
    lab.is("bob");
    let credentials = lab.call(GetCredentials).unwrap();
    assert!(credentials.secret_access_key == issued.secret_access_key, "shared by the organization");
    let config = lab.call(ConfigureRclone).unwrap().rclone_config.unwrap();
    assert!(config.expose().contains(issued.secret_access_key.expose()));
    let config = lab.call(ConfigureAws).unwrap().credentials_file.unwrap();
    assert!(config.expose().starts_with("[tp]\n"));
    let rotated = lab.call(RotateKeys).unwrap().credentials().unwrap();
    assert!(
        rotated.access_key_id != issued.access_key_id
            && rotated.secret_access_key != issued.secret_access_key
    );

    lab.call(CreateBucket::new("data-1")).unwrap();
    assert_eq!(lab.status(CreateBucket::new("data-1")), 409);
    for bad in ["ab", "Data", "a_b", "-ab", "a..b", &"a".repeat(64)] {
        assert_eq!(lab.status(CreateBucket::new(bad)), 400, "{bad}");
    }
    assert_eq!(lab.call(ListBuckets).unwrap().buckets[0].name, "data-1");
    assert!(lab.engine.put_object("u-1", "data-1", "model.pt"));
    assert!(lab.call(DeleteBucket::new("data-1")).unwrap_err().is_conflict());
    assert_eq!(lab.status(DisableObjectStorage), 409);
    lab.call(CreateBucket::new("data-2")).unwrap();
    let answer = lab.answer(&DeleteBucket::new("data-2"));
    assert_eq!((answer.status().as_u16(), answer.body().len()), (204, 0));
    assert!(lab.call(DeleteBucket::new("data-2")).unwrap_err().is_not_found());
}

#[test]
fn it_needs_an_organization() {
    let mut lab = Lab::new();
    lab.is("carol");
    assert!(lab.call(EnableObjectStorage).unwrap_err().is_forbidden());
    assert!(lab.call(ListBuckets).unwrap_err().is_forbidden());
}
