//! Every command line of the official client 0.0.9: each command, alias, positional and flag of its `main.py`.

/// What must be there before a line means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// Nothing: what the line names is not there, and both clients are told so.
    Nothing,
    /// A running cluster: `{cluster}`.
    Cluster,
    /// A volume: `{volume}`.
    Volume,
    /// A running cluster and a volume.
    Both,
    /// A volume that is attached to a running cluster.
    Attached,
    /// Object storage.
    Buckets,
}

/// What `tp` asks after the official client has ended, method and path: a stream that ends without a word is no answer,
/// so it asks how the job is.
pub(super) const ALSO: &[(&str, &str, &str)] = &[("job listen j-none", "GET", "/job/info/j-none")];

/// A line is run by both clients, so it says `--no-input` where either would ask.
pub(super) const LINES: &[(&str, Given, &str)] = &[
    ("", Given::Nothing, ""),
    ("", Given::Nothing, "-v"),
    ("", Given::Nothing, "--version"),
    ("", Given::Nothing, "-h"),
    ("", Given::Nothing, "--help"),
    ("cluster", Given::Nothing, "cluster"),
    ("cluster", Given::Nothing, "cluster --help"),
    ("cluster", Given::Nothing, "--no-input cluster create 1xH100"),
    ("cluster", Given::Nothing, "--no-input cluster create 1xH100 -i key.pub"),
    ("cluster", Given::Nothing, "--no-input cluster create 1xH100 --public-key key.pub"),
    ("cluster", Given::Nothing, "--no-input cluster create --name night 1xH100"),
    ("cluster", Given::Nothing, "--no-input cluster create 8xH200 -n 2"),
    ("cluster", Given::Nothing, "--no-input cluster create 8xH200 --num-nodes 2"),
    ("cluster", Given::Nothing, "--no-input cluster create 1xH100 --deletion-protection"),
    ("cluster", Given::Nothing, "--no-input cluster create 1xH100 --container ubuntu:24.04"),
    ("cluster", Given::Nothing, "--no-input cluster create 1xH100 --wait"),
    ("cluster", Given::Nothing, "--no-input cluster create 3xAbacus"),
    (
        "cluster",
        Given::Nothing,
        "--no-input cluster create 8xH200 -i key.pub --name all -n 2 --deletion-protection --container ubuntu:24.04 --wait",
    ),
    ("cluster", Given::Cluster, "cluster destroy {cluster} --no-input"),
    ("cluster", Given::Cluster, "cluster destroy --no-input {cluster} --wait"),
    ("cluster", Given::Cluster, "cluster rm {cluster} --no-input"),
    ("cluster", Given::Nothing, "cluster destroy c-none --no-input"),
    ("cluster", Given::Cluster, "cluster list"),
    ("cluster", Given::Nothing, "cluster ls"),
    ("cluster", Given::Cluster, "cluster list --org"),
    ("cluster", Given::Nothing, "cluster ls --organization"),
    ("cluster", Given::Cluster, "cluster list --instances"),
    ("cluster", Given::Cluster, "cluster list --org --instances"),
    ("cluster", Given::Cluster, "cluster info {cluster}"),
    ("cluster", Given::Nothing, "cluster info c-none"),
    ("cluster", Given::Cluster, "cluster edit {cluster} --name day"),
    ("cluster", Given::Cluster, "cluster edit {cluster} --deletion-protection true"),
    ("cluster", Given::Cluster, "cluster edit {cluster} --deletion-protection YES"),
    ("cluster", Given::Cluster, "cluster edit {cluster} --deletion-protection 1"),
    ("cluster", Given::Cluster, "cluster edit {cluster} --deletion-protection false"),
    ("cluster", Given::Cluster, "cluster edit {cluster} --name day --deletion-protection no"),
    ("cluster", Given::Both, "cluster attach {cluster} {volume}"),
    ("cluster", Given::Both, "cluster attach {cluster} {volume} --wait"),
    ("cluster", Given::Attached, "cluster detach {cluster} {volume}"),
    ("cluster", Given::Attached, "cluster detach {cluster} {volume} --wait"),
    ("storage", Given::Nothing, "storage"),
    ("storage", Given::Nothing, "storage --help"),
    ("storage", Given::Nothing, "storage create 100"),
    ("storage", Given::Nothing, "storage create 100 --name data"),
    ("storage", Given::Nothing, "storage create 100 --deletion-protection"),
    ("storage", Given::Nothing, "storage create 100 --wait"),
    ("storage", Given::Volume, "storage destroy {volume} --no-input"),
    ("storage", Given::Volume, "storage destroy {volume} --no-input --wait"),
    ("storage", Given::Volume, "storage rm {volume} --no-input"),
    ("storage", Given::Volume, "storage list"),
    ("storage", Given::Nothing, "storage ls"),
    ("storage", Given::Volume, "storage list --org"),
    ("storage", Given::Nothing, "storage ls --organization"),
    ("storage", Given::Volume, "storage info {volume}"),
    ("storage", Given::Nothing, "storage info s-none"),
    ("storage", Given::Volume, "storage edit {volume} --name more"),
    ("storage", Given::Volume, "storage edit {volume} --deletion-protection true"),
    ("storage", Given::Volume, "storage edit {volume} -s 200"),
    ("storage", Given::Volume, "storage edit {volume} --size 200"),
    ("storage", Given::Volume, "storage edit {volume} --name all --deletion-protection 0 --size 300"),
    ("object-storage", Given::Nothing, "object-storage"),
    ("object-storage", Given::Nothing, "object-storage enable"),
    ("object-storage", Given::Buckets, "--no-input object-storage disable"),
    ("object-storage", Given::Buckets, "object-storage credentials"),
    ("object-storage", Given::Nothing, "object-storage credentials"),
    ("object-storage", Given::Nothing, "object-storage configure"),
    ("object-storage", Given::Buckets, "--no-input object-storage configure rclone"),
    ("object-storage", Given::Nothing, "object-storage bucket"),
    ("object-storage", Given::Buckets, "object-storage bucket list"),
    ("object-storage", Given::Buckets, "object-storage bucket ls"),
    ("object-storage", Given::Buckets, "object-storage bucket create models"),
    ("object-storage", Given::Buckets, "--no-input object-storage bucket delete models"),
    ("object-storage", Given::Buckets, "--no-input object-storage bucket rm models"),
    ("job", Given::Nothing, "job"),
    ("job", Given::Nothing, "--no-input job init"),
    ("job", Given::Cluster, "job push job.tp.toml {cluster}"),
    ("job", Given::Cluster, "job push job.tp.toml {cluster} --teardown"),
    ("job", Given::Nothing, "job list"),
    ("job", Given::Nothing, "job ls"),
    ("job", Given::Nothing, "job list --org"),
    ("job", Given::Nothing, "job ls --organization"),
    ("job", Given::Nothing, "job info j-none"),
    ("job", Given::Nothing, "job cancel j-none --no-input"),
    ("job", Given::Nothing, "job cancel j-none --no-input --wait"),
    ("job", Given::Nothing, "job delete j-none --no-input"),
    ("job", Given::Nothing, "job listen j-none"),
    ("job", Given::Nothing, "job pull j-none"),
    ("job", Given::Nothing, "job pull j-none --force"),
    ("job", Given::Nothing, "job pull j-none -i key"),
    ("job", Given::Nothing, "job pull j-none --private-key key"),
    ("ssh", Given::Nothing, "ssh i-none"),
    ("ssh", Given::Nothing, "ssh i-none -v -o BatchMode=yes"),
    ("me", Given::Nothing, "me"),
    ("me", Given::Nothing, "me sshkey"),
    ("me", Given::Nothing, "me sshkey add key.pub"),
    ("me", Given::Nothing, "me sshkey add key.pub --name laptop"),
    ("me", Given::Nothing, "me sshkey list"),
    ("me", Given::Nothing, "me sshkey ls"),
    ("me", Given::Nothing, "me sshkey list --org"),
    ("me", Given::Nothing, "me sshkey ls --organization"),
    ("me", Given::Nothing, "--no-input me sshkey remove k-none"),
    ("me", Given::Nothing, "--no-input me sshkey rm k-none"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_in_the_group_it_names_and_there_once() {
        for (at, (group, given, line)) in LINES.iter().enumerate() {
            let first = line.split(' ').find(|word| !word.starts_with('-')).unwrap_or_default();
            assert_eq!(first, *group, "{line}");
            let again = LINES.iter().skip(at + 1).any(|(_, g, l)| g == given && l == line);
            assert!(!again, "{line} is there twice");
        }
    }
}
