"""A graph whose policy_node keeps its steps, whoever acts."""

from rl_agent.data.journal import JournalReader


def keeping_steps(folder):
    """Return the journal's folder, and the parameters' file that asks for it."""
    journal, params = folder / "journal", folder / "params.yaml"
    journal.mkdir()
    params.write_text(f"policy_node: {{ros__parameters: {{journal: {journal}}}}}\n")
    return journal, params


def rows_in(journal):
    """Return what is kept by now, a list without anything before it begins."""
    return JournalReader(journal).read().rows if any(journal.glob("*.journal")) else []
