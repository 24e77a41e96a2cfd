//! A repository: found, opened, and asked for revisions and objects.

use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::sec::Permission;

/// Bytes of decoded objects that each thread keeps to build others on.
const CACHE: usize = 16 << 20;

/// Why a repository can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What is wrong, as a lower-case sentence.
    pub message: String,
    /// What to do about it.
    pub help: &'static str,
}

impl Error {
    pub(super) fn new(message: impl Into<String>, help: &'static str) -> Self {
        Self { message: message.into(), help }
    }

    /// An object that should be there is not, or is damaged.
    pub(super) fn object(id: &gix::oid, error: impl std::fmt::Display) -> Self {
        Self::new(
            format!("the repository's object {id} can't be read: {error}"),
            "`git fsck` says what is damaged; a partial clone gets what it lacks with `git fetch --refetch`",
        )
    }
}

/// Two commits of which one was built on the other, or on what they share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The commit that is known already; `None` for nothing.
    pub from: Option<ObjectId>,
    /// The commit that is looked at.
    pub to: ObjectId,
}

/// A repository, with or without a working tree.
pub struct Repo {
    git: gix::Repository,
}

/// What is honoured of the environment: which repository, index and object folders a hook is called for, and none of
/// the variables that set configuration.
fn options() -> gix::open::Options {
    let mut permissions = gix::open::Permissions::isolated();
    permissions.env.git_prefix = Permission::Allow;
    permissions.env.objects = Permission::Allow;
    gix::open::Options::isolated().permissions(permissions)
}

fn unreadable(folder: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::new(
        format!("{} is in no git repository that can be read: {error}", folder.display()),
        "run it inside a repository, or name one: `hermes-lint check --history PATH`",
    )
}

impl Repo {
    /// The repository that `folder` lies in, or the one that git's variables name where git runs this as a hook.
    ///
    /// # Errors
    ///
    /// When there is none, or it can't be opened.
    pub fn discover(folder: &Path) -> Result<Self, Error> {
        let trust = gix::sec::trust::Mapping { full: options(), reduced: options() };
        let git = gix::ThreadSafeRepository::discover_with_environment_overrides_opts(
            folder,
            gix::discover::upwards::Options::default(),
            trust,
        )
        .map_err(|error| unreadable(folder, &error))?;
        Ok(Self::with(git.to_thread_local()))
    }

    /// The repository whose working tree is at `root`, whatever git's variables name.
    ///
    /// # Errors
    ///
    /// When there is none, or it can't be opened.
    pub fn open(root: &Path) -> Result<Self, Error> {
        let git = gix::ThreadSafeRepository::open_opts(root, gix::open::Options::isolated());
        git.map(|git| Self::with(git.to_thread_local())).map_err(|error| unreadable(root, &error))
    }

    /// What gix keeps by the handle has to be said of each.
    fn with(mut git: gix::Repository) -> Self {
        git.objects.ignore_replacements = true;
        git.objects.refresh_never();
        git.objects.set_pack_cache(|| {
            Box::new(gix::odb::pack::cache::lru::MemoryCappedHashmap::new(CACHE))
        });
        Self { git }
    }

    /// The folder that paths of the repository are below; of a bare one, its own.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        super::super::absolute(self.git.workdir().unwrap_or_else(|| self.git.path()))
    }

    /// True when nothing is checked out.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.git.workdir().is_none()
    }

    /// gix's own handle.
    pub(super) fn git(&self) -> &gix::Repository {
        &self.git
    }

    /// What other threads open it from.
    #[must_use]
    pub fn shared(&self) -> Shared {
        Shared(self.git.clone().into_sync())
    }

    /// The commit that is checked out; `None` before the first one.
    ///
    /// # Errors
    ///
    /// A reference that can't be read.
    pub fn head(&self) -> Result<Option<ObjectId>, Error> {
        let unreadable = |error: gix::Error| {
            Error::new(
                format!("the commit that is checked out can't be read: {error}"),
                "`git fsck` says what is damaged",
            )
        };
        Ok(self.git.head().map_err(unreadable)?.id().map(gix::Id::detach))
    }

    /// The commit that `revision` names.
    ///
    /// # Errors
    ///
    /// When it names none.
    pub fn commit(&self, revision: &str) -> Result<ObjectId, Error> {
        let unknown = |error: gix::Error| {
            Error::new(
                format!("`{revision}` names no commit: {error}"),
                "name a branch, a tag or a commit; a shallow clone gets more with `git fetch --unshallow`",
            )
        };
        let id = self.git.rev_parse_single(revision.as_bytes().as_bstr()).map_err(unknown)?;
        let object = id.object().map_err(unknown)?;
        Ok(object.peel_to_commit().map_err(unknown)?.id)
    }

    /// What `revision` to the commit that is checked out adds: from where the two parted.
    ///
    /// # Errors
    ///
    /// When it names no commit, or there is none yet.
    pub fn since(&self, revision: &str) -> Result<Range, Error> {
        let from = self.commit(revision)?;
        let Some(to) = self.head()? else {
            return Err(Error::new(
                "nothing is committed yet",
                "`--staged` reads what the first commit would hold",
            ));
        };
        Ok(Range { from: Some(self.parted(from, to)?), to })
    }

    /// The range that `text` names: `A..B`, or `A...B` from where the two parted.
    ///
    /// # Errors
    ///
    /// When it is no range, or a side names no commit.
    pub fn range(&self, text: &str) -> Result<Range, Error> {
        let (three, (from, to)) = match text.split_once("...") {
            Some(sides) => (true, sides),
            None => (
                false,
                text.split_once("..").ok_or_else(|| {
                    Error::new(
                        format!("`{text}` is no range"),
                        "write `A..B`, or `A...B` for what B adds since it left A",
                    )
                })?,
            ),
        };
        let side = |name: &str| self.commit(if name.is_empty() { "HEAD" } else { name });
        // What a server's hook is given for a branch that is new: all of it.
        if !from.is_empty() && from.bytes().all(|byte| byte == b'0') {
            return Ok(Range { from: None, to: side(to)? });
        }
        let (from, to) = (side(from)?, side(to)?);
        Ok(Range { from: Some(if three { self.parted(from, to)? } else { from }), to })
    }

    /// Where two commits parted.
    fn parted(&self, one: ObjectId, other: ObjectId) -> Result<ObjectId, Error> {
        let none = |error: Option<gix::Error>| {
            let why = error.map(|error| format!(": {error}")).unwrap_or_default();
            Error::new(
                format!("no commit is known that both {one} and {other} were built on{why}"),
                "a shallow clone lacks it: fetch all (`fetch-depth: 0`, `git fetch --unshallow`), or name `A..B`",
            )
        };
        let base = self.git.merge_base(one, other).map_err(|error| none(Some(error)))?;
        base.map(gix::Id::detach).ok_or_else(|| none(None))
    }

    /// The tree of `commit`.
    ///
    /// # Errors
    ///
    /// When the commit can't be read.
    pub fn tree(&self, commit: ObjectId) -> Result<ObjectId, Error> {
        let found = self.git.find_commit(commit).map_err(|error| Error::object(&commit, error))?;
        found.tree_id().map(gix::Id::detach).map_err(|error| Error::object(&commit, error))
    }

    /// The bytes of the blob `id`.
    ///
    /// # Errors
    ///
    /// When it can't be read.
    pub fn blob(&self, id: ObjectId) -> Result<Vec<u8>, Error> {
        let found = self.git.find_blob(id).map_err(|error| Error::object(&id, error))?;
        Ok(found.detach().data)
    }
}

/// A repository that several threads read.
pub struct Shared(gix::ThreadSafeRepository);

impl Shared {
    /// The repository for one thread, with a cache of its own.
    #[must_use]
    pub fn repo(&self) -> Repo {
        Repo::with(self.0.to_thread_local())
    }
}
