//! What is a clone's own: where its hooks lie, where it came from, and the branch that others start from.
//!
//! The user's and the system's configuration count here as they do for git, because a hook that git never runs
//! protects nothing. It is read, not obeyed: nothing that it names is started.

use std::path::{Path, PathBuf};

use gix::bstr::ByteSlice;
use gix::open::permissions::Config;

use super::Error;

/// A repository with a working tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    /// The top of the working tree.
    pub root: PathBuf,
    /// The folder that git looks for hooks in.
    pub hooks: PathBuf,
    /// Somebody chose that folder (`core.hooksPath`): what lies in it is a program's, or the team's.
    pub hooks_chosen: bool,
    /// Host names of the remotes, `origin` first.
    pub hosts: Vec<String>,
    /// The branch that is cloned by default, as far as this clone knows: else the one that is checked out.
    pub branch: Option<String>,
}

impl Checkout {
    /// The repository that `folder` lies in.
    ///
    /// # Errors
    ///
    /// When there is none, it can't be opened, or it has no working tree.
    pub fn of(folder: &Path) -> Result<Self, Error> {
        let mut permissions = gix::open::Permissions::isolated();
        permissions.config = Config {
            // It would start git.
            git_binary: false,
            system: true,
            git: true,
            user: true,
            env: false,
            includes: true,
        };
        // The user's configuration is found by these.
        permissions.env.home = gix::sec::Permission::Allow;
        permissions.env.xdg_config_home = gix::sec::Permission::Allow;
        let options = gix::open::Options::isolated().permissions(permissions);
        let trust = gix::sec::trust::Mapping { full: options.clone(), reduced: options };
        let none = "`git init` makes one; on a host without one, `hermes-lint init --systemd`";
        let git = gix::ThreadSafeRepository::discover_opts(folder, Default::default(), trust)
            .map_err(|error| {
                let shown = folder.display();
                Error::new(
                    format!("{shown} is in no git repository that can be read: {error}"),
                    none,
                )
            })?
            .to_thread_local();
        let Some(root) = git.workdir().map(super::super::absolute) else {
            return Err(Error::new("the repository is bare: it has no files to set up", none));
        };
        let config = git.config_snapshot();
        let chosen = config.trusted_path("core.hooksPath").ok().flatten();
        let hooks =
            chosen.as_ref().map_or_else(|| git.common_dir().join("hooks"), |path| root.join(path));
        let mut names: Vec<_> = git.remote_names().into_iter().collect();
        names.sort_by_key(|name| (name.as_bstr() != "origin", name.to_string()));
        let url = |name: &gix::bstr::BStr| config.string(format!("remote.{name}.url").as_str());
        let urls = names.iter().filter_map(|name| url(name.as_bstr()));
        let hosts =
            urls.filter_map(|url| host(&url.to_str_lossy()).map(str::to_lowercase)).collect();
        let branch = cloned_by_default(&git).or_else(|| {
            let name = git.head_name().ok().flatten()?;
            Some(name.shorten().to_str_lossy().into_owned())
        });
        let hooks = super::super::absolute(&hooks);
        Ok(Self { root, hooks, hooks_chosen: chosen.is_some(), hosts, branch })
    }
}

/// The branch that `origin/HEAD` stands for.
fn cloned_by_default(git: &gix::Repository) -> Option<String> {
    let reference = git.try_find_reference("refs/remotes/origin/HEAD").ok().flatten()?;
    let target = reference.target().try_name()?.as_bstr().to_str_lossy().into_owned();
    target.strip_prefix("refs/remotes/origin/").map(str::to_owned)
}

/// The host in `https://user@host:1/x`, `ssh://host/x` or `user@host:x`; `None` of a path.
fn host(url: &str) -> Option<&str> {
    let rest = match url.split_once("://") {
        Some((_, rest)) => rest.split('/').next()?,
        None => url.split_once(':')?.0,
    };
    // What stands before an `@` may be a token.
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let host = host.split(':').next().unwrap_or_default();
    (!host.is_empty() && !host.contains(['/', '\\'])).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn hosts_of_urls_and_paths() {
        assert_eq!(host("https://ops:word@git.example.org:8443/a/b.git"), Some("git.example.org"));
        assert_eq!(host("ssh://git@github.com/a/b"), Some("github.com"));
        assert_eq!(host("git@gitlab.com:a/b.git"), Some("gitlab.com"));
        for path in ["/srv/git/a.git", "../a", "file:///srv/a.git", "C:\\a\\b", ""] {
            assert!(host(path).is_none_or(|host| host == "C"), "{path}");
        }
    }
}
