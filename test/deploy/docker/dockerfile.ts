import {
  DockerfileParser,
  From,
  JSONInstruction,
  ModifiableInstruction,
  PropertyInstruction,
  type Instruction,
} from 'dockerfile-ast';

/** One instruction of a Dockerfile. */
export interface Step {
  /** Upper case. */
  readonly keyword: string;
  /** What stands after the keyword and the flags, on one line. */
  readonly text: string;
  /** The flags by name, such as `from`. */
  readonly flags: ReadonlyMap<string, string>;
  /** The words of `text`, of the JSON form its strings; of HEALTHCHECK those of its command. */
  readonly words: readonly string[];
  /** What ENV and LABEL set. */
  readonly properties: Readonly<Record<string, string>>;
}

/** A stage of a build. */
export interface Stage {
  /** The last one may have none. */
  readonly name: string | undefined;
  /** An image, or the name of an earlier stage; variables are replaced by their defaults. */
  readonly base: string;
  readonly steps: readonly Step[];
}

/** Reads the stages of a Dockerfile. */
export function stagesOf(text: string): readonly Stage[] {
  const dockerfile = DockerfileParser.parse(text);
  const stages: { name: string | undefined; base: string; steps: Step[] }[] = [];
  for (const instruction of dockerfile.getInstructions()) {
    if (instruction instanceof From) {
      const { line } = instruction.getRange().start;
      const base = (instruction.getImage() ?? '').replace(/^\$\{(\w+)\}$/, (whole, name: string) => {
        return dockerfile.resolveVariable(name, line) ?? whole;
      });
      stages.push({ name: instruction.getBuildStage() ?? undefined, base, steps: [] });
    } else {
      stages.at(-1)?.steps.push(stepOf(instruction));
    }
  }
  return stages;
}

function stepOf(instruction: Instruction): Step {
  const flags = instruction instanceof ModifiableInstruction ? instruction.getFlags() : [];
  const text = (instruction.getArgumentsContent() ?? '')
    .replace(/^(?:--\S+\s+)+/, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  const properties = instruction instanceof PropertyInstruction ? instruction.getProperties() : [];
  return {
    keyword: instruction.getKeyword(),
    text,
    flags: new Map(flags.map((flag) => [flag.getName(), flag.getValue() ?? ''])),
    words: stringsOf(instruction) ?? healthcheckOf(text) ?? text.split(' '),
    properties: Object.fromEntries(properties.map((one) => [one.getName(), one.getValue() ?? ''])),
  };
}

/** The strings of the JSON form. */
function stringsOf(instruction: Instruction): string[] | undefined {
  if (!(instruction instanceof JSONInstruction)) return undefined;
  const strings = instruction.getJSONStrings().map((string) => string.getJSONValue());
  return strings.length === 0 ? undefined : strings;
}

/** `CMD ["node", ...]`, as it stands behind HEALTHCHECK. */
function healthcheckOf(text: string): string[] | undefined {
  const command = /^CMD (\[.*\])$/.exec(text)?.[1];
  return command === undefined ? undefined : (JSON.parse(command) as string[]);
}
