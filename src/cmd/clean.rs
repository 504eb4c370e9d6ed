//! `lang clean`: removes what `lang build` made in a project.

use crate::failure::Failure;
use crate::output::say;
use crate::project::{self, Project};
use std::path::Path;

pub fn clean() -> Result<(), Failure> {
    let Some(project) = Project::around(Path::new("."))? else {
        return Err(Failure::Usage(format!(
            "there is no project here: neither this folder nor one above has a {}",
            project::FILE
        )));
    };
    let folder = project.build_folder();
    if !folder.exists() {
        return say("nothing to remove\n");
    }
    // Whatever else has this name is not ours.
    if !folder.join(project::TAG).is_file() {
        let message = format!("{} was not made by `lang build`: remove it yourself if you like", folder.display());
        return Err(Failure::Error(message));
    }
    std::fs::remove_dir_all(&folder)
        .map_err(|error| Failure::environment(format!("cannot remove {}: {error}", folder.display())))?;
    say(&format!("removed {}\n", folder.display()))
}
